/** The page of a bundle: plain HTML without scripts, in Korean and English. */
import type { BundledEntry, BundleHead, RulesInForce } from './contents.js';

const mostRows = 5_000;

/** Rows of the page's table, as they come; the rest stand in the JSON files. */
export class PageRows {
  readonly rows: string[] = [];
  omitted = 0;

  add(entry: BundledEntry): void {
    if (this.rows.length >= mostRows) this.omitted += 1;
    else this.rows.push(row(entry));
  }
}

const koreanKinds: Readonly<Record<string, string>> = { ALLOWED: '허용', REFUSED: '거부', FAILED: '실패' };

function row(entry: BundledEntry): string {
  const { actor } = entry;
  const who = [actor.name, actor.subject ?? actor.kind, actor.organizations.join(' ')].flatMap((part) => (part === undefined || part === '' ? [] : escape(part))).join('<br>');
  const access = entry.kind === 'ACCESS';
  const what = access
    ? `${escape(entry.version)}: ${Object.entries(entry.tables).map(([table, columns]) => `<b>${escape(table)}</b> ${escape(columns.join(', '))}`).join('; ')}${entry.withheld ? `<br><i>– ${escape(entry.withheld.join(', '))}</i>` : ''}`
    : escape(JSON.stringify(entry.details ?? {}));
  const decision = access ? `${koreanKinds[entry.decision]} ${entry.decision}<br>${escape(entry.reason)}${entry.rule === undefined ? '' : ` (${escape(entry.rule)})`}` : escape(entry.kind);
  return `<tr class="${access ? entry.decision : entry.kind}"><td>${escape(entry.at)}</td><td>${who}</td><td>${escape(entry.address ?? '')}</td><td>${escape([entry.purpose, entry.channel].filter(Boolean).join(' '))}</td><td>${what}</td><td>${access ? entry.rows : ''}</td><td>${decision}</td></tr>`;
}

export function bundlePage(head: BundleHead, rules: readonly RulesInForce[], { rows, omitted }: PageRows): string {
  const { dataset, period, counts } = head;
  return `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>${escape(dataset.path)} – 감사 자료 · audit</title>
<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2430}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #d5dae1;padding:.35rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f2f4f7}.REFUSED td{background:#fdf1e7}.EMERGENCY_OVERRIDE td{background:#f9d6d5}pre{background:#f2f4f7;padding:.75rem;overflow:auto}</style></head><body>
<h1>${escape(dataset.title ?? dataset.path)}</h1>
<p>${escape(dataset.path)} · ${escape(dataset.organization)}<br>${escape(period.from)} – ${escape(period.to)}<br>${escape(head.madeAt)} · ${escape(head.madeBy)} · 서명 키 signing key <code>${escape(head.keyId)}</code></p>
<ul><li>접근 accesses: ${counts.accesses}, 거부 refused: ${counts.refused}</li><li>신청·승인 grants: ${counts.grants}</li><li>열린 신청과 유효한 승인 requests: ${counts.requests}</li><li>그 밖의 사건 other events: ${counts.events}</li><li>사슬의 기록 entries of the chains: ${counts.proofEntries}</li></ul>
<h2>시행된 규칙 · Rules in force</h2>
${rules.length === 0 ? '<p>규칙 없음 · none</p>' : rules.map((rule) => `<h3>${rule.revision} · ${escape(rule.from)} – ${escape(rule.to ?? '')}</h3><p>${escape([rule.by, rule.note].filter(Boolean).join(': '))}</p><pre>${escape(JSON.stringify(rule.document, null, 2))}</pre>`).join('\n')}
<h2>기록 · Entries</h2>
<table><thead><tr><th>시각<br>time (UTC)</th><th>누가<br>who</th><th>주소<br>address</th><th>목적·경로<br>purpose, channel</th><th>무엇을<br>what</th><th>행<br>rows</th><th>결정·사유<br>decision, reason</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
${omitted === 0 ? '' : `<p>… ${omitted}건은 JSON 파일에 있습니다 · more stand in the JSON files</p>`}
</body></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
