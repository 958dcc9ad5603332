import type { ConnectionLevel } from '../../plan/plan.js';
import type { Dialect } from './dialect.js';

/** What a connection needs of its page: which JSON columns, a cursor, numbered rows, one row more. */
export class ConnectionPage {
  readonly columns = new Map<Extract<ConnectionLevel['items'][number], { kind: 'nodes' | 'edges' }>, number>();
  needsCursor = false;
  extra = false;
  private counts = false;

  constructor(private readonly level: ConnectionLevel, private readonly dialect: Dialect) {}

  add(item: ConnectionLevel['items'][number]): void {
    if (item.kind === 'nodes' || item.kind === 'edges') this.columns.set(item, this.columns.size);
    if (item.kind !== 'pageInfo') return;
    const more = this.level.page.backward ? 'hasPreviousPage' : 'hasNextPage';
    for (const info of item.items) {
      if (info.kind === 'startCursor' || info.kind === 'endCursor') this.needsCursor = true;
      if (info.kind === more) this.extra = true;
    }
    this.counts ||= this.extra;
  }

  get needsRows(): boolean {
    return this.columns.size > 0 || this.needsCursor || this.counts;
  }

  get numbered(): boolean {
    const listed = this.columns.size > 0 || this.needsCursor;
    return listed && (this.extra || this.level.page.backward || !this.dialect.keepsOrder);
  }

  column(item: Extract<ConnectionLevel['items'][number], { kind: 'nodes' | 'edges' }>): number {
    return this.columns.get(item)!;
  }

  /**
   * Aggregates take the page's rows in the order of the sub-select. A page read from its end is turned round, by the same clause in
   * every aggregate: PostgreSQL sorts once for one of them and would feed the others in that order.
   */
  list(name: string): string {
    return this.dialect.json.list(`p.${name}`, { order: this.turned, filter: this.inPage });
  }

  edgeCursor(position: string): string {
    return `(array_agg(p.cur${this.turned})${this.inPage})[${position}]`;
  }

  get size(): string {
    return `(count(*)${this.inPage})::int`;
  }

  /** The sum of a column of counts over the page's rows. */
  total(column: string): string {
    return `coalesce(sum(p.${column})${this.inPage}, 0)::int`;
  }

  private get turned(): string {
    if (this.level.page.backward) return ' order by p.rn desc';
    return this.dialect.keepsOrder ? '' : ' order by p.rn';
  }

  private get inPage(): string {
    return this.extra ? ` filter (where p.rn <= ${this.level.page.limit})` : '';
  }
}
