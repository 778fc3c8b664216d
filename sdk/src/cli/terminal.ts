import type { Job } from '../types.ts';

const BAR_CHARACTERS = 30;

/** What a command says while it works: a bar that moves on a terminal, a line for each change elsewhere. */
export class Progress {
  private readonly out = process.stderr;
  private last = '';

  show({ status, progress, steps }: Job): void {
    const step = steps.find((each) => each.status === 'IN_PROGRESS')?.name;
    const what = step ?? status.toLowerCase().replaceAll('_', ' ');
    const percent = `${String(Math.round(progress)).padStart(3)} %`;
    if (!this.out.isTTY) {
      // Not each per cent: a log is read by people.
      if (what !== this.last) this.out.write(`${percent}  ${what}\n`);
      this.last = what;
      return;
    }
    const full = Math.round((progress / 100) * BAR_CHARACTERS);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_CHARACTERS - full);
    // From the first column on, over what was there.
    this.out.write(`\r\u001b[K${bar} ${percent}  ${what}`);
  }

  /** Leaves the bar as it stands; what is written next begins a line of its own. */
  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }
}

/**
 * Ends the command when what it says cannot be written: without a word where nobody reads on (`| head`), as what SIGPIPE
 * ends.
 */
export function endWithOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') process.exit(141);
      note(`The output cannot be written: ${message}`);
      process.exit(1);
    });
}

/** A result, for people and pipes: on standard output, which has nothing else. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** What is no result. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`);
