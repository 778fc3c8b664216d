import type { DataSource } from 'typeorm';

export interface Statement {
  text: string;
  parameters: unknown[];
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

/** The statements with these words that are made meanwhile, with those that begin and end transactions. */
export async function statementsOf(
  database: DataSource,
  words: RegExp,
  work: () => Promise<unknown>,
): Promise<Statement[]> {
  const statements: Statement[] = [];
  const spy = jest.spyOn(database.logger, 'logQuery').mockImplementation((text, parameters) => {
    if (/^BEGIN|^COMMIT/.test(text) || words.test(text))
      statements.push({ text, parameters: (parameters ?? []) as unknown[] });
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
    let beginning = 'BEGIN';
    for (const { text, parameters } of statements) {
      if (text.startsWith('BEGIN')) beginning = text;
      else if (text === 'COMMIT') beginning = 'BEGIN';
      else {
        await runner.query(beginning);
        const [answer] = (await runner.query(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          parameters,
        )) as Explained[];
        await runner.query('ROLLBACK');
        const { Planning, Plan } = answer!['QUERY PLAN'][0];
        pages.push({ text, planning: read(Planning), running: read(Plan) });
      }
    }
  } finally {
    await runner.release();
  }
  return pages;
}

const read = (buffers: Buffers): number => buffers['Shared Hit Blocks'] + buffers['Shared Read Blocks'];
