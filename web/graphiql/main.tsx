import 'graphiql/style.css';
import './page.css';
import './workers';
import { GraphiQL } from 'graphiql';
import { useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { examples } from './examples';
import { createFetcher } from './fetcher';

const korean = navigator.language.startsWith('ko');
const text = korean
  ? { token: '토큰', hint: '비우면 익명입니다. 이 탭에서만 기억합니다.', set: '적용', home: '두레' }
  : { token: 'Token', hint: 'Empty is anonymous. Kept in this tab only.', set: 'Use', home: 'Dure' };

function Page() {
  const [token, setToken] = useState(() => sessionStorage.getItem('dure-token') ?? '');
  const current = useRef(token);
  // A new identity may see another schema: GraphiQL asks for it again because it gets a new fetcher.
  const fetcher = useMemo(() => {
    current.current = token;
    return createFetcher(() => current.current);
  }, [token]);

  function use(form: FormData) {
    const value = String(form.get('token') ?? '').trim().replace(/^Bearer\s+/i, '');
    sessionStorage.setItem('dure-token', value);
    setToken(value);
  }

  return (
    <>
      <header className="bar">
        <a href="/">{text.home}</a>
        <form action={use}>
          <label htmlFor="token">{text.token}</label>
          <input id="token" name="token" type="password" autoComplete="off" spellCheck={false} defaultValue={token} placeholder="dure_… / eyJ…" title={text.hint} />
          <button type="submit">{text.set}</button>
          <small>{text.hint}</small>
        </form>
      </header>
      <main className="editor">
        <GraphiQL fetcher={fetcher} defaultTabs={examples} defaultEditorToolsVisibility="variables" shouldPersistHeaders={false} showPersistHeadersSettings={false} />
      </main>
    </>
  );
}

document.documentElement.lang = korean ? 'ko' : 'en';
createRoot(document.getElementById('page')!).render(<Page />);
