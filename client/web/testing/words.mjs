// Every sentence of the page has its Korean, none is left over, and those that the terminal says too
// are the same in its catalogue (client/po).
import { readdirSync, readFileSync } from 'node:fs';

const web = new URL('..', import.meta.url).pathname;
const read = (name) => readFileSync(web + name, 'utf8');
const korean = (await import('../words_ko.js')).default;
const problems = [];

const sources = readdirSync(web).filter(
  (name) => /\.(js|html)$/.test(name) && name !== 'words_ko.js',
);
const text = sources.map(read).join('\n');
const english = new Set();
for (const [, words] of text.matchAll(/\bsay\(\s*'([^']+)'/g)) english.add(words);
const page = read('index.html').replace(/<noscript>.*/, '');
for (const [, label, words] of page.matchAll(/aria-label="([^"]+)"|>([A-Z][^<]+)</g))
  english.add((label ?? words).trim());
for (const [, words] of text.matchAll(/^\t\w+: '([A-Z{][^']+)'/gm)) english.add(words);

for (const words of english) if (!korean[words]) problems.push(`no Korean: ${words}`);
for (const words of Object.keys(korean)) {
  if (!text.includes(`'${words}'`) && !text.includes(`"${words}"`) && !text.includes(`>${words}`))
    problems.push(`said nowhere: ${words}`);
  const holes = (sentence) => [...sentence.matchAll(/\{\d\}/g)].map(String).sort().join();
  if (holes(words) !== holes(korean[words])) problems.push(`not the same holes: ${words}`);
}

const unquote = (block) =>
  [...block.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) => JSON.parse(`"${part}"`)).join('');
const shape = (sentence) =>
  sentence.replace(/%(?:(\d)\$)?[a-z.\d]+/g, (_, n) => `{${n ?? '_'}}`).replace(/\{\d\}/g, '{_}');
const catalogue = readFileSync(`${web}../po/ko.po`, 'utf8');
let shared = 0;
const known = new Map();
for (const [, id, str] of catalogue.matchAll(/^msgid (.*(?:\n".*)*)\nmsgstr (.*(?:\n".*)*)/gm))
  known.set(unquote(id), unquote(str));
for (const [words, its] of Object.entries(korean)) {
  const there =
    known.get(words) ??
    [...known].find(([id]) => shape(id) === words.replace(/\{\d\}/g, '{_}'))?.[1];
  if (there === undefined) continue;
  shared++;
  if (shape(there).replace(/\{\d\}/g, '{_}') !== shape(its))
    problems.push(`not as the terminal says it: ${words}\n  ${its}\n  ${there}`);
}
if (english.size < 60 || shared < 20)
  problems.push(`too few were found: ${english.size}, shared ${shared}`);
for (const problem of problems) console.log(problem);
console.log(`${english.size} sentences, ${shared} of them the terminal's as well`);
process.exit(problems.length ? 1 : 0);
