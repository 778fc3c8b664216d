import type { DataSource, QueryRunner } from 'typeorm';

export interface Statement {
  text: string;
  parameters: unknown[];
  /** How its transaction began, with the settings of that. */
  beginning: string;
}

/** Pages that a statement read while it was planned, and while it ran. */
export interface PagesRead {
  text: string;
  planning: number;
  running: number;
}

type Buffers = Record<'Shared Hit Blocks' | 'Shared Read Blocks', number>;

interface Explained {
  'QUERY PLAN': [{ Planning: Buffers; Plan: Buffers }];
}

/** The statements with these words that are made meanwhile. */
export async function statementsOf(
  database: DataSource,
  words: RegExp,
  work: () => Promise<unknown>,
): Promise<Statement[]> {
  const statements: Statement[] = [];
  // Several transactions may be open at a time.
  const beginnings = new Map<QueryRunner | undefined, string>();
  const spy = jest.spyOn(database.logger, 'logQuery').mockImplementation((text, parameters, runner) => {
    if (text.startsWith('BEGIN')) beginnings.set(runner, text);
    else if (/^COMMIT|^ROLLBACK/.test(text)) beginnings.delete(runner);
    else if (words.test(text)) {
      const beginning = beginnings.get(runner) ?? 'BEGIN';
      statements.push({ text, parameters: (parameters ?? []) as unknown[], beginning });
    }
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return statements;
}

/** Makes them once more, as they were planned, and takes back what they change. */
export async function pagesReadBy(database: DataSource, statements: Statement[]): Promise<PagesRead[]> {
  const runner = database.createQueryRunner();
  const pages: PagesRead[] = [];
  try {
    for (const { text, parameters, beginning } of statements) {
      await runner.query(beginning);
      const [answer] = (await runner.query(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        parameters,
      )) as Explained[];
      await runner.query('ROLLBACK');
      const { Planning, Plan } = answer!['QUERY PLAN'][0];
      pages.push({ text, planning: read(Planning), running: read(Plan) });
    }
  } finally {
    await runner.release();
  }
  return pages;
}

const read = (buffers: Buffers): number => buffers['Shared Hit Blocks'] + buffers['Shared Read Blocks'];
