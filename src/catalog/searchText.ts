/** How datasets are found by text: substrings of folded text, so that Korean words are found inside longer ones without a morphology. */
import { datasetPath, type Dataset } from './model.js';

/** What may match, weightiest first: a match in an earlier part ranks higher. */
export interface SearchText {
  readonly title: string;
  readonly names: string;
  readonly columns: string;
  readonly description: string;
}

/**
 * Equal for texts that a person holds to be the same: compatibility forms composed (decomposed Hangul, full-width letters),
 * case folded. Upper case folds more than lower case does (`ß`, final sigma).
 */
export function fold(text: string): string {
  return text.normalize('NFKC').toUpperCase().normalize('NFKC');
}

export function searchWords(text: string): string[] {
  return [...new Set(fold(text).split(/\s+/u).filter((word) => word !== ''))];
}

// Between two parts of a text: no word contains it, so a word never matches across.
const separator = '\n';
const folded = new WeakMap<Dataset, SearchText>();

/** Made once for each dataset value; a dataset that changes is a new value. */
export function searchText(dataset: Dataset): SearchText {
  const known = folded.get(dataset);
  if (known) return known;
  const { metadata, tables } = dataset.versions[0]!;
  const join = (parts: readonly (string | undefined)[]): string => fold(parts.filter((part) => part !== undefined).join(separator));
  const columns = tables.flatMap((table) => table.columns);
  const text: SearchText = {
    title: join([metadata.title, metadata.titleKo]),
    names: join([datasetPath(dataset), ...metadata.keywords, metadata.domain, dataset.organization.title, dataset.organization.titleKo]),
    columns: join([...tables.flatMap((table) => [table.name, table.title]), ...columns.flatMap((column) => [column.name, column.field, column.title, column.namespace])]),
    description: join([metadata.description, metadata.descriptionKo, ...tables.map((table) => table.description), ...columns.map((column) => column.description)]),
  };
  folded.set(dataset, text);
  return text;
}

/** Greater is better; undefined unless every word occurs somewhere. */
export function rank(text: SearchText, words: readonly string[]): number | undefined {
  let sum = 0;
  for (const word of words) {
    if (text.title.includes(word)) sum += 1_000;
    else if (text.names.includes(word)) sum += 100;
    else if (text.columns.includes(word)) sum += 10;
    else if (text.description.includes(word)) sum += 1;
    else return undefined;
  }
  return sum;
}
