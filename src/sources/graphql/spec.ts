/** A GraphQL source's file, read and checked: what the connector runs on. */
import type { DirectiveArguments } from '../http/directives.js';
import type { ColumnSpec } from '../http/spec.js';
import type { SourceDefinition, SourceTableDefinition } from '../remote/definition.js';

export interface GraphqlTableSpec {
  readonly definition: SourceTableDefinition;
  readonly key: ColumnSpec;
  readonly columns: ReadonlyMap<string, ColumnSpec>;
  readonly root: DirectiveArguments['root'];
  readonly isKey: (text: string) => boolean;
}

export interface GraphqlSourceSpec {
  readonly definition: SourceDefinition;
  /** Where questions are posted to. */
  readonly url: string;
  readonly credentials: DirectiveArguments['source']['credentials'];
  readonly limits: DirectiveArguments['limits'];
  readonly cache?: DirectiveArguments['cache'];
  readonly tables: readonly GraphqlTableSpec[];
}
