/** All stand-ins together. */
import { startAlphafold } from './alphafold.js';
import { startChembl } from './chembl.js';
import { startKma } from './kma.js';
import { startNoaa } from './noaa.js';
import { startOptimade, type Optimade } from './optimade.js';
import { startPdb, type Pdb } from './pdb.js';
import { startPubchem } from './pubchem.js';
import type { StandIn } from './standIn.js';
import { startUniprot } from './uniprot.js';

export interface StandIns {
  readonly uniprot: StandIn;
  readonly pdb: Pdb;
  readonly chembl: StandIn;
  readonly pubchem: StandIn;
  readonly optimade: Optimade;
  readonly alphafold: StandIn;
  readonly noaa: StandIn;
  readonly kma: StandIn;
}

export interface RunningStandIns extends StandIns {
  /** Base addresses by name, in the place of the sources' own. */
  readonly urls: Readonly<Record<keyof StandIns, string>>;
  /** Forgets requests and faults of all. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts the eight servers, each on a free port of 127.0.0.1. */
export async function startStandIns(): Promise<RunningStandIns> {
  const [uniprot, pdb, chembl, pubchem, optimade, alphafold, noaa, kma] = await Promise.all([startUniprot(), startPdb(), startChembl(), startPubchem(), startOptimade(), startAlphafold(), startNoaa(), startKma()]);
  const standIns: StandIns = { uniprot, pdb, chembl, pubchem, optimade, alphafold, noaa, kma };
  const all: readonly StandIn[] = Object.values(standIns);
  return {
    ...standIns,
    urls: Object.fromEntries(all.map((standIn) => [standIn.name, standIn.url])) as Record<keyof StandIns, string>,
    reset: () => all.forEach((standIn) => standIn.reset()),
    close: async () => { await Promise.all(all.map((standIn) => standIn.close())); },
  };
}
