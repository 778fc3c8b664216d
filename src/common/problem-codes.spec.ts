import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from './app-error';
import { PROBLEM_CODES, PROBLEM_SECTIONS } from './problem-codes';

const SOURCES = join(__dirname, '..');

function textsOfSources(): string[] {
  const names = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.ts$/.test(name) && !/\.spec\.ts$|problem-codes\.ts$|openapi/.test(name))
    .map((name) => readFileSync(join(SOURCES, name), 'utf8'));
}

describe('the codes of problems', () => {
  it('are each used: the list has no dead entry', () => {
    const texts = textsOfSources();
    const unused = Object.keys(PROBLEM_CODES).filter(
      (code) => !texts.some((text) => text.includes(`'${code}'`)),
    );
    expect(unused).toEqual([]);
  });

  it('stand in one section each', () => {
    const codes = PROBLEM_SECTIONS.flatMap((section) => Object.keys(section.codes));
    expect(codes).toEqual(Object.keys(PROBLEM_CODES));
  });

  it.each(Object.entries(PROBLEM_CODES))('%s is a word, and its texts are sentences', (code, described) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(described.title).toMatch(/^[A-Z].*[^.]$/);
    for (const text of [described.cause, described.cure]) expect(text).toMatch(/^[A-Z`].*[.]$/);
  });

  it('do not compile where they are not in the list, or with a status that is not theirs', () => {
    // @ts-expect-error -- no such code
    new AppError('conflict', 'no_such_code', 'What happened.');
    // @ts-expect-error -- 409 alone
    new AppError('gone', 'not_ready', 'What happened.');
  });
});
