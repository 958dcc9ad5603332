/** A source file, read and checked: what the connector runs on. */
import type { Column } from '../../catalog/model.js';
import type { SourceDefinition, SourceTableDefinition } from '../remote/definition.js';
import type { DirectiveArguments, FilterOp } from './directives.js';
import type { FieldPath } from './fieldPath.js';
import type { Hook } from './hooks.js';
import type { Reading } from './values.js';

export interface FilterSpec {
  readonly op: FilterOp;
  readonly params?: readonly string[];
  readonly query?: string;
  readonly value: string;
  readonly separator: string;
  readonly format?: string;
  readonly exact: boolean;
}

export interface ColumnSpec {
  readonly column: Column;
  readonly path: FieldPath;
  readonly reading: Reading;
  /** What it is called in a selection; undefined where it needs not be asked for. */
  readonly select?: string;
  readonly order?: string;
  /** The newest day that there can be now, `YYYY-MM-DD`. */
  readonly latest?: () => string;
  readonly filters: readonly FilterSpec[];
}

export interface LookupSpec extends Omit<DirectiveArguments['lookup'], 'rows' | 'pattern'> {
  readonly rows: FieldPath;
  readonly isKey: (text: string) => boolean;
}

export interface SearchSpec extends Omit<DirectiveArguments['search'], 'rows' | 'page' | 'total'> {
  readonly rows: FieldPath;
  readonly page: Omit<DirectiveArguments['search']['page'], 'field'> & { readonly field?: FieldPath };
  readonly total?: PlaceSpec;
}

export interface PlaceSpec { readonly header?: string; readonly field?: FieldPath }

export interface TableSpec {
  readonly definition: SourceTableDefinition;
  readonly key?: ColumnSpec;
  readonly columns: ReadonlyMap<string, ColumnSpec>;
  readonly params: DirectiveArguments['table']['params'];
  readonly select?: DirectiveArguments['select'];
  readonly lookup?: LookupSpec;
  readonly search?: SearchSpec;
}

export interface ErrorRule extends Omit<DirectiveArguments['error'], 'field'> { readonly field?: FieldPath }

export interface HttpSourceSpec {
  readonly definition: SourceDefinition;
  readonly url: string;
  readonly credentials: DirectiveArguments['source']['credentials'];
  readonly release?: PlaceSpec;
  readonly limits: DirectiveArguments['limits'];
  readonly errors: readonly ErrorRule[];
  readonly hook?: Hook;
  readonly tables: readonly TableSpec[];
}
