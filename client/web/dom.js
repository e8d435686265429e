// Small things about the document. Texts are always text: no markup is ever made from a string.

export const $ = (selector) => document.querySelector(selector);
const find = (one) => (one.nodeType ? one : $(one));

export function make(tag, properties, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

export const makeRow = () => make('div', {}, make('dt'), make('dd'));

// Only what differs is written: live regions speak when something changes.
export function text(one, words) {
	const element = find(one);
	if (element.textContent !== words) element.textContent = words;
}

export const show = (one, isShown) => (find(one).hidden = !isShown);

// The children become one for each item, made by `create` and brought up to date by `update`. One
// that stays is not replaced, so that it keeps the focus.
export function list(parent, items, keyOf, create, update) {
	const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
	items.forEach((item, index) => {
		const key = String(keyOf(item));
		const child = old.get(key) ?? create(item);
		old.delete(key);
		child.dataset.key = key;
		if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index]);
		update(child, item);
	});
	for (const child of old.values()) child.remove();
}

// For who listens, and who looks.
export const announce = (words) => words && text('#last', words);
