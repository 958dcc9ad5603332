/** How a kind of source is made ready from its declaration. One builder a kind; the registry of sources knows no more than this. */
import type { SqlHome } from '../source.js';
import type { SourceDefinition, SourceKind } from './definition.js';
import type { RemoteSource } from './remoteSource.js';

/** A source as somebody declared it: by a file, or by a mutation. */
export interface SourceDeclaration {
  readonly kind: SourceKind;
  /** The file or input that it comes from, for messages. */
  readonly name: string;
  /** SDL with directives, for the kinds `http` and `graphql`. */
  readonly text?: string;
  /** Where the source is: its address where the text names none, or another than the text names (a mirror). */
  readonly url?: string;
  /** What the kind needs beside these; checked by its builder. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface SourceSurroundings {
  /** A credential by the name that the declaration gives it. Never logged, never told. */
  readonly secret: (name: string) => string | undefined;
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** A source that can be asked. Making it ready asks the network only where the declaration leaves types to the source itself. */
export interface OpenedSource {
  readonly definition: SourceDefinition;
  /** Of sources that give rows. */
  readonly remote?: RemoteSource;
  /** Of sources that take statements. */
  readonly sql?: SqlHome;
  /** How it answers, of sources that take statements and can fail. */
  readonly watch?: Pick<RemoteSource, 'health' | 'onHealth'>;
  close(): Promise<void>;
}

export interface SourceBuilder {
  /** @throws DureError BAD_USER_INPUT or SOURCE_INVALID with every mistake of the declaration, each with its place */
  open(declaration: SourceDeclaration, surroundings: SourceSurroundings): Promise<OpenedSource>;
}

export type SourceBuilders = Partial<Record<SourceKind, SourceBuilder>>;
