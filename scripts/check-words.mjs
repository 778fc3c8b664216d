// Holds the code to the words of its field. A word of the first list is nowhere: neither in a name nor in a comment nor
// in a log line, of the service, its tests, benchmarks, scripts and containers, and in no form (told, tells, telling).
// Those of the second list have a meaning of their own here, which is said and under which the identifiers of src are
// listed; in any other meaning they are mistakes, too, but only a reader sees that.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** What was said once, and what is said instead. Regular forms go without saying. */
const NOT_SAID = {
  bell: 'wake-up',
  ring: 'wake-up',
  ticket: 'wake-up',
  tell: 'notify, send, publish',
  untold: 'not sent yet',
  news: 'job event, update',
  occurrence: 'job event',
  twin: 'event feed',
  remember: 'cache',
  announce: 'priority',
  announcement: 'priority',
  patience: 'timeout',
  impatience: 'timeout',
  beat: 'heartbeat',
  pulse: 'heartbeat',
  pace: 'backpressure',
  house: 'fixture, harness',
  intake: 'validate, parse; input',
};
const IRREGULAR = {
  told: 'tell',
  rang: 'ring',
  rung: 'ring',
  beaten: 'beat',
  twinned: 'twin',
  twinning: 'twin',
};
const NOT_SAID_TOGETHER = {
  'right of way': 'priority',
  'give way': 'yield',
  'gave way': 'yield',
  'given way': 'yield',
};

/** Words that are said in these meanings only. */
const SAID = {
  held: 'a request that waits for its answer (not: backpressure); rows that are locked',
  line: 'of an order, a text, a file, a command (not: a queue)',
  look: 'to look something up, or back (not: a poll)',
  mark: 'a byte order mark, a mark in a drawing or a file (not: a job event)',
  offer: 'what somebody else may choose or take (not: backpressure)',
  place: 'where something stands in a file or a table (not: in a queue)',
  round: 'a retry of a job by an operator; one run of a loop; to round a number (not: backpressure)',
  turn: 'of the event loop; of a client in the fair order (not: backpressure)',
};

const FOLDERS = ['bench', 'scripts', 'sdk', 'src', 'test'];
const CODE = /\.(ts|mjs|cjs|sh)$/;
/** Beside these folders. */
const CONTAINERS = ['.dockerignore', '.env.example', 'Dockerfile', 'compose.dev.yml', 'docker-compose.yml'];
/** It has to name the words. */
const ITSELF = 'scripts/check-words.mjs';

/** Made by rule, so some of them are no words (`telled`); they do no harm. */
function formsOf(word) {
  const stem = word.replace(/e$/, '');
  return [word, `${word}s`, `${stem}es`, `${stem}ed`, `${stem}ing`];
}

/** From each form to its word. Whole words alone count, so `ring` is in no string, and `offer` in no offset. */
const formsOfAll = (words) => new Map(words.flatMap((word) => formsOf(word).map((form) => [form, word])));

const notSaid = new Map([...formsOfAll(Object.keys(NOT_SAID)), ...Object.entries(IRREGULAR)]);
const said = formsOfAll(Object.keys(SAID));
const phrases = Object.entries(NOT_SAID_TOGETHER).map(([phrase, better]) => {
  const [first, ...rest] = phrase.split(' ');
  return { phrase, better, first: new Set(formsOf(first)), rest };
});

/** `heldJobs`, `HELD_JOBS`, `HTTPHeld` and `held-jobs` are two words each. */
const wordsOf = (text) =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z]+/g) ?? [];

/** All words with the numbers of their lines: a comment may break its line within a phrase. */
const wordsOfLines = (text) =>
  text.split('\n').flatMap((line, index) => wordsOf(line).map((word) => ({ word, line: index + 1 })));

function mistakesOf(words, where) {
  const mistakes = [];
  for (const [index, { word, line }] of words.entries()) {
    const base = notSaid.get(word);
    if (base !== undefined) mistakes.push(`${where(line)}: "${word}": say ${NOT_SAID[base]}`);
    for (const { phrase, better, first, rest } of phrases) {
      if (first.has(word) && rest.every((next, offset) => words[index + 1 + offset]?.word === next))
        mistakes.push(`${where(line)}: "${phrase}": say ${better}`);
    }
  }
  return mistakes;
}

function identifiersOf(file, text) {
  const names = new Set();
  const visit = (node) => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false));
  return names;
}

const entries = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('\\', '/')),
);
const paths = [...entries, ...CONTAINERS].filter(
  (path) => !path.includes('node_modules/') && path !== ITSELF,
);

const mistakes = [];
const used = new Map(Object.keys(SAID).map((word) => [word, new Set()]));
const inProse = new Map(Object.keys(SAID).map((word) => [word, []]));
for (const path of paths.sort()) {
  mistakes.push(...mistakesOf(wordsOfLines(path), () => path));
  if (!CODE.test(path) && !CONTAINERS.includes(path)) continue;
  const text = readFileSync(path, 'utf8');
  const words = wordsOfLines(text);
  mistakes.push(...mistakesOf(words, (line) => `${path}:${line}`));
  if (!path.startsWith('src/')) continue;
  for (const { word, line } of words) inProse.get(said.get(word))?.push(`${path}:${line}`);
  for (const name of identifiersOf(path, text)) {
    for (const word of wordsOf(name)) used.get(said.get(word))?.add(name);
  }
}

for (const [word, names] of used) {
  // A word that names nothing is said in comments and texts alone.
  const where = names.size > 0 ? [...names].sort() : inProse.get(word);
  console.log(`${word}: ${SAID[word]}\n  ${where.join(', ')}`);
}
if (mistakes.length > 0) {
  console.error(`\n${mistakes.join('\n')}`);
  process.exit(1);
}
