// Holds the code to the words of its field. A word of the first list is nowhere in the code, in no form, neither in a name
// nor in a comment nor in a log line. Those of the second list have a meaning of their own here, which is said and under
// which their identifiers of src are listed; in any other meaning they are mistakes, too, but only a reader sees that.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** What was said once, and what is said instead. */
const NOT_SAID = {
  bell: 'wake-up',
  ring: 'wake-up',
  ticket: 'wake-up',
  tell: 'notify, send, publish',
  told: 'notified, sent, published',
  untold: 'not sent yet',
  news: 'job event, update',
  occurrence: 'job event',
  twin: 'event feed',
  remembered: 'cached',
  announce: 'priority',
  patience: 'timeout',
  impatience: 'timeout',
  beat: 'heartbeat',
  pulse: 'heartbeat',
  pace: 'backpressure',
  offer: 'backpressure',
  house: 'fixture, harness',
  intake: 'validate, parse; input',
};
const NOT_SAID_TOGETHER = { 'right of way': 'priority', 'give way': 'yield' };

/** Words that are said in these meanings only. */
const SAID = {
  held: 'a request that waits for its answer (not: backpressure); rows that are locked',
  line: 'of an order, a text, a file, a command (not: a queue)',
  look: 'to look something up, or back (not: a poll)',
  mark: 'a byte order mark, a mark in a drawing or a file (not: a job event)',
  place: 'where something stands in a file or a table (not: in a queue)',
  round: 'a retry of a job by an operator; one run of a loop; to round a number (not: backpressure)',
  turn: 'of the event loop; of a client in the fair order (not: backpressure)',
};

const THIS = 'scripts/check-words.mjs';
const files = ['src', 'bench', 'scripts', 'test']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => `${folder}/${name}`))
  .filter((name) => /\.([cm]?[jt]s|sh)$/.test(name) && !name.includes('node_modules') && name !== THIS)
  .concat('.env.example', 'Dockerfile', 'compose.dev.yml', 'docker-compose.yml', 'package.json')
  .sort();

/** Of each form of a word that is not said: the word. */
const NOT_SAID_FORMS = new Map(
  Object.keys(NOT_SAID).flatMap((word) =>
    ['', 's', 'es', 'd', 'ed', 'ing'].flatMap((ending) => [
      [word + ending, word],
      [word.replace(/e$/, '') + ending, word],
    ]),
  ),
);
// Where a word ends in e, what is left of it without may be another one.
for (const word of Object.keys(NOT_SAID)) if (word.endsWith('e')) NOT_SAID_FORMS.delete(word.slice(0, -1));

const wordsOf = (text) => text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();

function identifiersOf(file, text) {
  const names = new Set();
  const visit = (node) => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false));
  return names;
}

const mistakes = [];
const used = new Map(Object.keys(SAID).map((word) => [word, new Set()]));
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const [index, line] of [file, ...text.split('\n')].entries()) {
    const words = wordsOf(line);
    const found = [
      ...(words.match(/[a-z]+/g) ?? []).filter((word) => NOT_SAID_FORMS.has(word)),
      ...Object.keys(NOT_SAID_TOGETHER).filter((phrase) => words.includes(phrase)),
    ];
    for (const word of found) {
      const better = NOT_SAID[NOT_SAID_FORMS.get(word)] ?? NOT_SAID_TOGETHER[word];
      mistakes.push(`${file}:${index}: "${word}": say ${better}`);
    }
  }
  for (const name of file.startsWith('src/') ? identifiersOf(file, text) : []) {
    for (const word of wordsOf(name).split(/[^a-z]+/)) used.get(word.replace(/s$/, ''))?.add(name);
  }
}

for (const [word, names] of used) console.log(`${word}: ${SAID[word]}\n  ${[...names].sort().join(', ')}`);
if (mistakes.length > 0) {
  console.error(`\n${mistakes.join('\n')}`);
  process.exit(1);
}
