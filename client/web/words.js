// What the page says. The English words are the keys; {0} stands for what is put in. Sentences that
// the terminal says too are the same in client/po.

const wanted = navigator.languages.find((language) => /^(ko|en)\b/.test(language));
const isKorean = wanted?.startsWith('ko');
const words = isKorean ? (await import('./words_ko.js')).default : {};

export const say = (text = '', ...values) =>
	(words[text] ?? text).replace(/\{(\d)\}/g, (_, index) => values[index]);

// The words that stand in the page itself.
export function translate() {
	if (!isKorean) return;
	document.documentElement.lang = 'ko';
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const { currentNode: node } = texts;
		node.data = node.data.replace(/\S.*\S/, (text) => say(text));
	}
	for (const element of document.querySelectorAll('[aria-label]'))
		element.ariaLabel = say(element.ariaLabel);
}

// 75 s: "1:15".
export function duration(seconds) {
	const whole = Math.max(0, Math.floor(seconds));
	return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
