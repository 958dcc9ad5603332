/** What the two subgraphs say of themselves. */
import { parse } from 'graphql';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';
export const subgraphs = {
  assays: `${link}
    type Assay @key(fields: "id") { id: Int! value: Float protein: Protein }
    type Protein @key(fields: "accession", resolvable: false) { accession: String! }
    type Query { batch(batch: Int!): [Assay!]! }`,
  proteins: `${link}
    type Protein @key(fields: "accession") { accession: String! name: String organism: String length: Int }
    type Query { protein(accession: String!): Protein }`,
};
export const documents = Object.fromEntries(Object.entries(subgraphs).map(([name, text]) => [name, parse(text)]));
