// The document and its words. No markup is ever made from a string.

const [language] = /\b(ko|en)\b/.exec([...navigator.languages, 'en']);
const catalogue = (await import(`./words_${language}.js`)).default;
const sentences = new Map(catalogue.split('\n').map((line) => line.split(/ (.*)/)));

// A sentence, with `values` put in; '' for an id that there is not.
export const say = (id, ...values) =>
	(sentences.get(id) ?? '').replace(/\{(\d)\}/g, (_, index) => values[index]);

document.documentElement.lang = language;
for (const [id, words] of sentences) {
	const element = document.getElementById(id);
	if (element) element[element.matches('meter, [role]') ? 'ariaLabel' : 'textContent'] = words;
}

export const $ = (selector) => document.querySelector(selector);
const find = (one) => (one.nodeType ? one : $(one));

export const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

// Only what differs is written: live regions speak when something changes.
export function text(one, words = '') {
	const element = find(one);
	if (element.textContent !== words) element.textContent = words;
}

export const show = (one, isShown) => (find(one).hidden = !isShown);

// For each item one row in `parent`, whose tag and whose children's are `tags`, brought up to date by
// update(children, item, row). Rows are not replaced, so that they keep the focus.
export function list(parent, tags, items, update) {
	const [tag, ...parts] = tags.split(' ');
	const rows = $(parent).children;
	while (rows.length > items.length) rows[items.length].remove();
	items.forEach((item, index) => {
		if (!rows[index]) $(parent).appendChild(make(tag)).append(...parts.map((part) => make(part)));
		update(rows[index].children, item, rows[index]);
	});
}
