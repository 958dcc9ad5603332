/** A worker process that a test can kill: its first job never ends. Started with the database's URL as its argument. */
import { Room } from './room.js';
import { ScriptedKind } from './scriptedKind.js';

const room = new Room(process.argv[2]!);
room.work(new ScriptedKind(async (context) => {
  await context.event({ phase: 'hang', message: 'from the child' });
  console.log(`running ${context.job.id} ${context.job.fence}`);
  return new Promise(() => undefined);
}));
