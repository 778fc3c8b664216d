import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { readEnvironment, VARIABLES } from './app-config';

const text = readFileSync('.env.example', 'utf8');
const documented = parseEnv(text);

describe('.env.example', () => {
  it('names the variables that the application reads, and no other', () => {
    expect(Object.keys(documented).sort()).toEqual([...VARIABLES].sort());
  });

  it.each(VARIABLES)('shows the default of %s', (name) => {
    const fallback = readEnvironment({})[name as keyof ReturnType<typeof readEnvironment>];
    expect(documented[name]).toBe(fallback === undefined ? '' : String(fallback));
  });

  it('changes nothing when it is copied as it is', () => {
    expect(readEnvironment(documented)).toEqual(readEnvironment({}));
  });

  it.each(VARIABLES)('says what %s means', (name) => {
    // The paragraph of a variable begins with a comment.
    const paragraph = text.split('\n\n').find((part) => new RegExp(`^${name}=`, 'm').test(part));
    expect(paragraph).toMatch(/^# \S/);
  });
});

describe('README.md', () => {
  const section = /^## Configuration$(.*?)^## /ms.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  const rows = section.split('\n').flatMap((line) => {
    const [, variables = '', defaults = ''] = line.split('|');
    const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
    return quoted(variables).map((name, index) => ({ name, fallback: quoted(defaults)[index] }));
  });

  it('lists the same variables', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual([...VARIABLES].sort());
  });

  it.each(Object.entries(documented).filter(([, fallback]) => fallback !== ''))(
    'shows the default of %s',
    (name, fallback) => {
      expect(rows.find((row) => row.name === name)?.fallback).toBe(fallback);
    },
  );
});
