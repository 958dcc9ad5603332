/** The audit's blocks, one an entry: as whoever owns the database could write them anew, so that a test can change, drop or move any entry of them. */
export const splitBlocks = `
  with former as (delete from dure_audit.block returning *)
  insert into dure_audit.block (chain_id, first_seq, last_seq, at, kinds, datasets, actors, bodies, previous, hashes, signature)
  select b.chain_id, b.first_seq + e.place - 1, b.first_seq + e.place - 1, b.at, array[e.kind], array[e.dataset], array[e.actor], array[e.body],
    case when e.place = 1 then b.previous else b.hashes[e.place - 1] end, array[e.hash], case when b.first_seq + e.place - 1 = b.last_seq then b.signature end
  from former b cross join lateral unnest(b.kinds, b.datasets, b.actors, b.bodies, b.hashes) with ordinality e(kind, dataset, actor, body, hash, place)`;
