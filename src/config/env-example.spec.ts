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
