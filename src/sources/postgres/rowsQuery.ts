/**
 * One statement in PostgreSQL's extended protocol, sent in one write. What its rows are made of is asked once and remembered with the
 * statement, so that later runs spare the server the description and this process reading it
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY).
 */
import type { Connection, CustomTypesConfig, PoolClient, Submittable } from 'pg';
import { bindAndExecute } from './bindMessage.js';

type Parse = ((text: string) => unknown) | undefined;

/** What is remembered of a statement: how the text of each column becomes a value. The same text has the same columns on every connection. */
export interface KnownRows {
  columns?: readonly Parse[];
}

interface Named {
  readonly name?: string;
  readonly text: string;
}

/** The parts of pg's connection that its own Query uses. */
interface Protocol {
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
  readonly stream: { cork(): void; uncork(): void; write(bytes: Buffer): void };
  parse(statement: { readonly name: string; readonly text: string }): void;
  sendCopyFail(reason: string): void;
}

export type Rows = readonly (readonly unknown[])[];

const textOid = 25;

/** What pg's client calls while a query is its active one. */
export class RowsQuery implements Submittable {
  readonly name: string | undefined;
  readonly text: string;
  /** Called once; pg wraps it where a client has a `query_timeout`. */
  callback: (error: unknown, rows?: Rows) => void;
  private readonly bytes: Buffer;
  private readonly rows: unknown[][] = [];
  private fault: unknown;

  /** Values are written here: what cannot be written throws before the connection knows of it. */
  constructor({ name, text }: Named, readonly values: readonly unknown[], private readonly known: KnownRows, private readonly client: PoolClient, callback: (error: unknown, rows?: Rows) => void) {
    this.name = name;
    this.text = text;
    this.callback = callback;
    this.bytes = bindAndExecute(name ?? '', values, known.columns === undefined);
  }

  submit(connection: Connection): void {
    const protocol = connection as unknown as Protocol;
    const { parsedStatements, submittedNamedStatements, stream } = protocol;
    const { name = '', text, bytes } = this;
    if (name !== '' && (parsedStatements[name] ?? submittedNamedStatements[name]) !== undefined) {
      stream.write(bytes);
      return;
    }
    stream.cork();
    protocol.parse({ name, text });
    stream.write(bytes);
    stream.uncork();
    if (name !== '') submittedNamedStatements[name] = text;
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    this.known.columns = fields.map(({ dataTypeID }) => (dataTypeID === textOid ? undefined : (this.client as unknown as CustomTypesConfig).getTypeParser(dataTypeID, 'text') as Parse));
  }

  handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
    const { columns } = this.known;
    const row: unknown[] = fields;
    try {
      for (let index = 0; index < row.length; index += 1) {
        const parse = columns?.[index];
        if (parse && row[index] !== null) row[index] = parse(row[index] as string);
      }
    } catch (error) {
      this.fault ??= error;
    }
    this.rows.push(row);
  }

  handleCommandComplete(): void {
    // The rows are whole when the server is ready again.
  }

  handleEmptyQuery(): void {
    // No statement that is written is empty.
  }

  handlePortalSuspended(): void {
    // Portals are read to their end.
  }

  handleCopyInResponse(connection: Connection): void {
    (connection as unknown as Protocol).sendCopyFail('No source stream defined');
  }

  handleError(error: unknown): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    if (this.fault === undefined) this.callback(null, this.rows);
    else this.callback(this.fault);
  }
}
