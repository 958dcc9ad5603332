/** A refused package as lines that editors and people can follow: `FILE:ROW:COLUMN: message`. */
import type { Mistake } from '../publish/report.js';

interface Report {
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly mistakes: readonly Mistake[];
}

export function isReport(details: unknown): details is Report {
  return typeof details === 'object' && details !== null && Array.isArray((details as Partial<Report>).mistakes);
}

export function mistakeLines(report: Report, most = 50): string {
  const lines = report.mistakes.slice(0, most).map(mistakeLine);
  const counts = Object.entries(report.counts).map(([rule, count]) => `${rule} ${count.toLocaleString('en-US')}`);
  const rest = report.total - lines.length;
  return [...lines, `${report.total.toLocaleString('en-US')} mistake${report.total === 1 ? '' : 's'} (${counts.join(', ')})${rest > 0 ? `; ${rest.toLocaleString('en-US')} not shown` : ''}`].join('\n');
}

function mistakeLine({ path, file, row, line, column, value, message, rule }: Mistake): string {
  const place = path ?? [file, row ?? (line === undefined ? undefined : `line ${line}`), column].filter((part) => part !== undefined).join(':');
  return `${place === '' ? '' : `${place}: `}${message}${value === undefined || message.includes(value) ? '' : ` (${JSON.stringify(value)})`} [${rule}]`;
}
