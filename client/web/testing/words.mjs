// Every sentence of the page is there in both languages, none is left over, and those that the
// terminal says too are the same in its catalogue (client/po).
import { readdirSync, readFileSync } from 'node:fs';

const web = new URL('..', import.meta.url).pathname;
const read = (name) => readFileSync(web + name, 'utf8');
const problems = [];
const holds = (isIt, what) => isIt || problems.push(what);

async function sentencesOf(language) {
  const { default: lines } = await import(`../words_${language}.js`);
  const all = [...lines.matchAll(/^(\S+) (.+)$/gm)].map(([, id, words]) => [id, words]);
  holds(all.length === lines.split('\n').filter(Boolean).length, `${language}: not a sentence a line`);
  holds(new Set(all.map(([id]) => id)).size === all.length, `${language}: the same id twice`);
  return Object.fromEntries(all);
}

const english = await sentencesOf('en');
const korean = await sentencesOf('ko');
const all = new Set(Object.keys({ ...english, ...korean }));
const holes = (sentence) => [...sentence.matchAll(/\{\d\}/g)].map(String).sort().join();
for (const id of all) {
  holds(english[id], `no English: ${id}`);
  holds(korean[id], `no Korean: ${id}`);
  if (english[id] && korean[id])
    holds(holes(english[id]) === holes(korean[id]), `not the same holes: ${id}`);
}

// An id is said by itself, or put together of an event, a reason or a state.
const sources = readdirSync(web)
  .filter((name) => name.endsWith('.js') && !name.startsWith('words_'))
  .map(read)
  .join('\n');
const html = read('index.html');
const said = new Set();
for (const [, words] of sources.matchAll(/\bsay\(([^;\n]*)/g))
  for (const [, before, id] of words.matchAll(/(=== )?'([\w-]+)'/g)) if (!before) said.add(id);
for (const [, id] of sources.matchAll(/'(relay-\w+)'/g)) said.add(id);
for (const id of said) holds(all.has(id), `said and not there: ${id}`);
const starts = [...sources.matchAll(/`(\w+-)\$\{/g)].map(([, start]) => start);
const made = [...starts, 'own-', 'their-'];
const elements = new Map([...html.matchAll(/<(\w+)[^>]* id=([\w-]+)/g)].map(([, tag, id]) => [id, tag]));
const events = ['start', 'next_page', 'choices_revealed'];
for (const id of all) {
  const isAsked = id.endsWith('-asked') && elements.has(id.slice(0, -6));
  const isMade = made.some((start) => id.startsWith(start)) || events.includes(id) || isAsked;
  holds(said.has(id) || elements.has(id) || isMade, `said nowhere: ${id}`);
}
for (const [id, tag] of elements)
  if (/^(h1|h2|label|legend|button|summary|a|meter)$/.test(tag))
    holds(all.has(id) || sources.includes(`'#${id}'`), `an element without words: ${id}`);

const unquote = (block) =>
  [...block.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) => JSON.parse(`"${part}"`)).join('');
const shape = (sentence) =>
  sentence.replace(/%(?:(\d)\$)?[a-z.\d]+/g, (_, n) => `{${n ?? '_'}}`).replace(/\{\d\}/g, '{_}');
const catalogue = readFileSync(`${web}../po/ko.po`, 'utf8');
const known = new Map();
for (const [, id, str] of catalogue.matchAll(/^msgid (.*(?:\n".*)*)\nmsgstr (.*(?:\n".*)*)/gm))
  known.set(shape(unquote(id)), shape(unquote(str)));
const shared = [...all].filter((id) => known.has(shape(english[id])));
for (const id of shared) {
  const theirs = known.get(shape(english[id]));
  holds(theirs === shape(korean[id]), `not as the terminal says it: ${id}\n  ${korean[id]}\n  ${theirs}`);
}
holds(all.size > 80 && shared.length >= 20, `too few were found: ${all.size}, shared ${shared.length}`);
for (const problem of problems) console.log(problem);
console.log(`${all.size} sentences, ${shared.length} of them the terminal's as well`);
process.exit(problems.length ? 1 : 0);
