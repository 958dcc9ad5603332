/** The OPTIMADE filter language read into our tree, so that what was pushed down can be shown, and a filter of that community be taken as it is. */
import type { Column } from '../../catalog/model.js';
import type { Comparison } from '../../plan/predicate.js';
import type { RemoteFilter } from '../remote/remoteSource.js';
import { FilterTextError, textOf, tokensOf, type FilterToken } from './filterTokens.js';

const comparisons: Readonly<Record<string, Comparison>> = { '=': 'eq', '!=': 'ne', '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' };
const mirrored: Readonly<Record<Comparison, Comparison>> = { eq: 'eq', ne: 'ne', lt: 'gt', lte: 'gte', gt: 'lt', gte: 'lte' };
const deepest = 100;

/**
 * OR binds loosest, then AND, then NOT.
 * @param columns by property
 * @throws FilterTextError where the text is no filter, names a property that is not among the columns, or asks what our tree cannot say
 */
export function parseFilter(text: string, columns: ReadonlyMap<string, Column>): RemoteFilter {
  return new Parser(tokensOf(text), columns).filter();
}

class Parser {
  private index = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly FilterToken[], private readonly columns: ReadonlyMap<string, Column>) {}

  filter(): RemoteFilter {
    const filter = this.expression();
    const rest = this.peek();
    if (rest.kind !== 'end') throw new FilterTextError(`expected AND, OR or the end, found ${rest.text}.`, rest.at);
    return filter;
  }

  private expression(): RemoteFilter {
    const parts = [this.clause()];
    while (this.accept('OR')) parts.push(this.clause());
    return parts.length === 1 ? parts[0]! : { op: 'or', of: parts };
  }

  private clause(): RemoteFilter {
    const parts = [this.phrase()];
    while (this.accept('AND')) parts.push(this.phrase());
    return parts.length === 1 ? parts[0]! : { op: 'and', of: parts };
  }

  private phrase(): RemoteFilter {
    const negated = this.accept('NOT');
    const inner = this.accept('(') ? this.enclosed() : this.comparison();
    return negated ? { op: 'not', of: inner } : inner;
  }

  private enclosed(): RemoteFilter {
    this.depth += 1;
    if (this.depth > deepest) throw new FilterTextError(`more than ${deepest} parentheses within each other.`, this.peek().at);
    const inner = this.expression();
    this.expect(')');
    this.depth -= 1;
    return inner;
  }

  private comparison(): RemoteFilter {
    const first = this.peek();
    if (first.kind === 'string' || first.kind === 'number' || first.kind === 'keyword') {
      // The value may stand first: 2 < nelements.
      const literal = this.next();
      const how = mirrored[this.operator()];
      const column = this.property();
      return { op: 'compare', column, comparison: how, value: this.value(literal, column, column.kind) };
    }
    const column = this.property();
    if (this.accept('IS')) {
      if (this.accept('KNOWN')) return { op: 'isNull', column, value: false };
      this.expect('UNKNOWN');
      return { op: 'isNull', column, value: true };
    }
    if (this.accept('CONTAINS')) return { op: 'match', column, match: 'contains', value: this.text() };
    if (this.accept('STARTS')) {
      this.accept('WITH');
      return { op: 'match', column, match: 'startsWith', value: this.text() };
    }
    if (this.accept('ENDS')) {
      this.accept('WITH');
      return { op: 'match', column, match: 'endsWith', value: this.text() };
    }
    if (this.accept('HAS')) return this.has(column);
    const token = this.peek();
    if (token.text === 'LENGTH') throw new FilterTextError(`${token.text} cannot be asked through Dure.`, token.at);
    const how = this.operator();
    return { op: 'compare', column, comparison: how, value: this.value(this.next(), column, column.kind) };
  }

  private has(column: Column): RemoteFilter {
    const token = this.peek();
    if (token.text === 'ONLY' || token.kind === 'operator' || column.kind !== 'list') {
      throw new FilterTextError(column.kind === 'list' ? `HAS ${token.text} cannot be asked through Dure.` : `${column.name} is no list.`, token.at);
    }
    const test = this.accept('ANY') ? 'overlaps' : 'containsAll';
    const several = test === 'overlaps' || this.accept('ALL');
    const values: unknown[] = [];
    do values.push(this.value(this.next(), column, column.item ?? 'text')); while (several && this.accept(','));
    return { op: 'list', column, test, values };
  }

  private property(): Column {
    const token = this.next();
    if (token.kind !== 'identifier') throw new FilterTextError(`expected the name of a property, found ${token.text === '' ? 'the end' : token.text}.`, token.at);
    const column = this.columns.get(token.text);
    if (!column) throw new FilterTextError(`there is no property ${token.text}.`, token.at);
    return column;
  }

  private operator(): Comparison {
    const token = this.next();
    const found = token.kind === 'operator' ? comparisons[token.text] : undefined;
    if (found === undefined) throw new FilterTextError(`expected a comparison, found ${token.text === '' ? 'the end' : token.text}.`, token.at);
    return found;
  }

  private text(): string {
    const token = this.next();
    if (token.kind !== 'string') throw new FilterTextError('expected a text in double quotes.', token.at);
    return textOf(token);
  }

  /** 64-bit numbers and decimals stay text, as everywhere. */
  private value(token: FilterToken, column: Column, kind: Column['kind']): unknown {
    switch (kind) {
      case 'text': case 'enum': if (token.kind === 'string') return textOf(token); break;
      case 'datetime': if (token.kind === 'string' && !Number.isNaN(Date.parse(textOf(token)))) return textOf(token); break;
      case 'int32': case 'float': if (token.kind === 'number') return Number(token.text); break;
      case 'int64': case 'decimal': if (token.kind === 'number') return token.text; break;
      case 'boolean': if (token.text === 'TRUE' || token.text === 'FALSE') return token.text === 'TRUE'; break;
      default: throw new FilterTextError(`${column.name} cannot be compared.`, token.at);
    }
    throw new FilterTextError(token.kind === 'identifier' ? 'two properties cannot be compared with each other.' : `${token.text === '' ? 'the end' : token.text} is no value of ${column.name}.`, token.at);
  }

  private peek(): FilterToken {
    return this.tokens[this.index]!;
  }

  private next(): FilterToken {
    const token = this.tokens[this.index]!;
    if (token.kind !== 'end') this.index += 1;
    return token;
  }

  private accept(text: string): boolean {
    const token = this.peek();
    if ((token.kind !== 'keyword' && token.kind !== 'mark') || token.text !== text) return false;
    this.index += 1;
    return true;
  }

  private expect(text: string): void {
    const token = this.peek();
    if (!this.accept(text)) throw new FilterTextError(`expected ${text}, found ${token.text === '' ? 'the end' : token.text}.`, token.at);
  }
}
