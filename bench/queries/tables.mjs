/** The figures of a run as the tables of docs/performance.md. */

const titles = {
  lookup: 'point look-up', page: 'page of 100 × 8, filtered and ordered', nested: '20 × 10 × 1', groups: 'grouped aggregate, 30 days', list: 'list of 1,000 × 6',
};
const people = { limit: 'LIMIT', mercurius: 'mercurius', postgraphile: 'PostGraphile 5', usual: 'usual stack', dure: 'Dure', 'dure, row rule': 'Dure, row rule' };

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Ratios are medians over the rounds of the ratio within a round, whatever the machine did in between. */
export function tables({ results, names, operations, connections }) {
  const shown = Object.keys(people).filter((name) => names.includes(name));
  const of = (name, op, count) => results.filter((result) => result.name === name && result.op === op && result.count === count);
  const table = (cell) => [
    `| | ${shown.map((name) => people[name]).join(' | ')} |`,
    `|---|${shown.map(() => '--:|').join('')}`,
    ...operations.map((op) => `| ${titles[op]} | ${shown.map((name) => cell(name, op) ?? '').join(' | ')} |`),
  ].join('\n');
  const ratio = (key, count, bracket) => (name, op) => {
    const own = of(name, op, count);
    const limits = of('limit', op, count);
    if (own.length === 0) return undefined;
    const figure = limits.length === 0 ? '' : Number(median(own.map((result, round) => result[key] / limits[round][key])).toFixed(2));
    return bracket ? `${figure} (${Math.round(median(own.map((result) => result[key]))).toLocaleString('en')}/s)` : figure;
  };
  const times = (count) => (name, op) => {
    const own = of(name, op, count);
    return own.length === 0 ? undefined : ['p50', 'p99'].map((key) => median(own.map((result) => result[key])).toFixed(1)).join(' / ');
  };
  const rule = (count) => operations.map((op) => {
    const ruled = of('dure, row rule', op, count);
    const open = of('dure', op, count);
    const rate = median(ruled.map((result, round) => result.rate / open[round]?.rate));
    return `${titles[op]} ${Number.isFinite(rate) ? Math.round((1 - rate) * 100) : '?'} %`;
  });
  return connections.flatMap((count) => [
    `\nRequests a second at ${count} connections, as a part of LIMIT's (in brackets the median):\n`, table(ratio('rate', count, true)),
    `\np50 / p99 in ms at ${count} connections:\n`, table(times(count)),
    `\nProcessor time of the server process a request at ${count} connections, as a multiple of LIMIT's:\n`, table(ratio('cpu', count, false)),
    `\nWhat the row rule costs of the requests a second at ${count} connections: ${rule(count).join(', ')}.`,
  ]).join('\n');
}
