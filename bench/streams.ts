import { Measurements } from './measurements';
import { measureStreams } from './streams-harness';

/** Open event streams on one API process: its memory, and how late an event of another process arrives. */
async function main(): Promise<void> {
  const results = new Measurements('streams');
  await measureStreams(results);
  results.print();
}

void main();
