/** The home page: which datasets an anonymous caller finds here. */
interface DatasetRow {
  readonly name: string;
  readonly title: string;
  readonly organization: { readonly slug: string; readonly title: string };
}
interface Answer {
  readonly data?: { readonly datasets: { readonly totalCount: number; readonly nodes: readonly DatasetRow[] } } | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string; readonly requestId?: string } }[];
}

const words = {
  en: { organization: 'Organization', dataset: 'Dataset', none: 'No dataset is public here yet. Publish one with `dure publish DIR`.', failed: 'The list could not be loaded', retry: 'Retry' },
  ko: { organization: '기관', dataset: '데이터셋', none: '아직 공개된 데이터셋이 없습니다. `dure publish DIR`로 올려 보세요.', failed: '목록을 불러오지 못했습니다', retry: '다시 시도' },
};
type Language = keyof typeof words;

const query = '{ datasets(first: 50) { totalCount nodes { name title organization { slug title } } } }';
let language: Language = navigator.language.startsWith('ko') ? 'ko' : 'en';
let answer: Answer | undefined;

function element<K extends keyof HTMLElementTagNameMap>(name: K, text?: string, ...children: Node[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

function table(rows: readonly DatasetRow[]): HTMLElement {
  const head = element('tr', undefined, element('th', words[language].dataset), element('th', words[language].organization));
  const body = rows.map((row) => {
    const path = element('div', `${row.organization.slug}/${row.name}`);
    path.className = 'muted';
    return element('tr', undefined, element('td', undefined, element('div', row.title), path), element('td', row.organization.title));
  });
  return element('table', undefined, element('thead', undefined, head), element('tbody', undefined, ...body));
}

function failure(message: string): HTMLElement {
  const retry = element('button', words[language].retry);
  retry.type = 'button';
  retry.addEventListener('click', () => void load());
  const line = element('p', `${words[language].failed}: ${message} `, retry);
  line.className = 'error';
  return line;
}

function show(): void {
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-language]')) button.setAttribute('aria-pressed', String(button.dataset.language === language));
  const place = document.getElementById('datasets')!;
  place.setAttribute('aria-busy', String(answer === undefined));
  if (!answer) return;
  const datasets = answer.data?.datasets;
  document.getElementById('count')!.textContent = datasets ? new Intl.NumberFormat(language).format(datasets.totalCount) : '';
  if (!datasets) {
    const error = answer.errors?.[0];
    place.replaceChildren(failure([error?.message, error?.extensions?.code, error?.extensions?.requestId].filter(Boolean).join(' · ')));
  } else {
    place.replaceChildren(datasets.nodes.length > 0 ? table(datasets.nodes) : element('p', words[language].none));
  }
}

async function load(): Promise<void> {
  try {
    const response = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
    answer = (await response.json()) as Answer;
  } catch (error) {
    answer = { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
  show();
}

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-language]')) {
  button.addEventListener('click', () => {
    language = button.dataset.language as Language;
    show();
  });
}
document.getElementById('curl')!.textContent = `curl ${location.origin}/graphql -H 'content-type: application/json' \\\n  -d '{"query":"{ datasets { totalCount nodes { name title } } }"}'`;
show();
void load();
