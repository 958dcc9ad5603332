/** The plots of docs/performance.md from its tables, so that the two always agree: `npm run plots` writes docs/images/*.svg. */
import { readFileSync, writeFileSync } from 'node:fs';

const text = readFileSync(new URL('../docs/performance.md', import.meta.url), 'utf8');

/** The first table below a line that begins so. */
function tableBelow(beginning) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(beginning));
  if (start < 0) throw new Error(`docs/performance.md has no line that begins with ${beginning}`);
  const first = lines.findIndex((line, index) => index >= start && line.startsWith('|'));
  const rows = [];
  for (let index = first; lines[index]?.startsWith('|'); index += 1) rows.push(lines[index].split('|').slice(1, -1).map((cell) => cell.trim()));
  const [header, , ...body] = rows;
  return { header: header.slice(1), rows: body.map(([name, ...cells]) => ({ name, values: cells.map((cell) => Number.parseFloat(cell.replaceAll('*', ''))) })) };
}

const escape = (value) => String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const label = (x, y, value, more = '') => `<text x="${x}" y="${y}" ${more}>${escape(value)}</text>`;

function svg(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<rect width="${width}" height="${height}" fill="#fff"/>
${label(16, 24, title, 'font-size="15" font-weight="600"')}
${parts.join('\n')}
</svg>
`;
}

/** Horizontal bars in groups; `logarithmic` for values that span several powers of ten. */
function bars({ title, table, series, colours, least, most, logarithmic, marks, unit, line }) {
  const [left, right, bar, gap, top] = [370, 70, 11, 12, 62];
  const width = 940;
  const group = series.length * (bar + 2) + gap;
  const height = top + table.rows.length * group + 34;
  const scale = logarithmic
    ? (value) => left + (Math.log10(Math.max(value, least) / least) / Math.log10(most / least)) * (width - left - right)
    : (value) => left + ((value - least) / (most - least)) * (width - left - right);
  const parts = [];
  series.forEach(({ name }, index) => {
    const x = left + index * ((width - left - 20) / series.length);
    parts.push(`<rect x="${x}" y="38" width="11" height="11" fill="${colours[index]}"/>`, label(x + 16, 48, name));
  });
  for (const mark of marks) parts.push(`<line x1="${scale(mark)}" x2="${scale(mark)}" y1="${top - 4}" y2="${height - 30}" stroke="${mark === line ? '#b00020' : '#ddd'}"/>`, label(scale(mark), height - 14, `${mark}${unit}`, `text-anchor="middle" fill="${mark === line ? '#b00020' : '#666'}"`));
  table.rows.forEach((row, index) => {
    const y = top + index * group;
    parts.push(label(left - 10, y + (series.length * (bar + 2)) / 2 + 4, row.name, 'text-anchor="end"'));
    series.forEach(({ column }, n) => {
      const value = row.values[column];
      if (!Number.isFinite(value)) return;
      const end = scale(Math.min(value, most));
      parts.push(`<rect x="${left}" y="${y + n * (bar + 2)}" width="${Math.max(1, end - left).toFixed(1)}" height="${bar}" fill="${colours[n]}"/>`, label(end + 5, y + n * (bar + 2) + bar - 1, value, 'font-size="10" fill="#444"'));
    });
  });
  return svg(width, height, title, parts);
}

const write = (name, content) => writeFileSync(new URL(`../docs/images/${name}`, import.meta.url), content);

const queries = tableBelow('Requests a second at 32 connections');
write('queries.svg', bars({
  title: 'Requests a second at 32 connections, as a part of a hand-written handler’s (the line)', table: queries,
  series: queries.header.map((name, column) => ({ name, column })).slice(1), colours: ['#9aa5b1', '#b8a9c9', '#d3c4a3', '#1f6feb', '#79b0ff'],
  least: 0, most: Math.max(1.5, ...queries.rows.flatMap((row) => row.values.filter(Number.isFinite))), logarithmic: false, marks: [0, 0.25, 0.5, 0.75, 1, 1.25], unit: '', line: 1,
}));

const big = tableBelow('Ten million rows');
write('big-table.svg', bars({
  title: 'Ten million rows, milliseconds at one connection (logarithmic; the line is the goal for pages)', table: big,
  series: [{ name: 'p50', column: 0 }, { name: 'p99', column: 1 }], colours: ['#1f6feb', '#79b0ff'],
  least: 0.3, most: 2000, logarithmic: true, marks: [0.3, 1, 10, 50, 100, 1000], unit: ' ms', line: 50,
}));
