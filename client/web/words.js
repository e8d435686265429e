// What the page says. The English words are the keys; {0} stands for what is put in. Sentences that
// the terminal says too are the same here and there (client/po).

const wanted = navigator.languages?.find((language) => /^(ko|en)\b/i.test(language)) ?? 'en';
export const language = /^ko/i.test(wanted) ? 'ko' : 'en';
const words = language === 'ko' ? (await import('./words_ko.js')).default : {};

export function say(text, ...values) {
  return (words[text] ?? text).replace(/\{(\d)\}/g, (_, index) => values[index]);
}

// The words that stand in the page itself.
export function translate(root) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll('[data-say]'))
    element.textContent = say(element.dataset.say);
  for (const element of root.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', say(element.dataset.label));
}

// 75 s: "1:15".
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

export function size(bytes) {
  const unit = bytes < 1e6 ? 'kilobyte' : 'megabyte';
  const value = bytes / (bytes < 1e6 ? 1e3 : 1e6);
  const format = { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, format).format(value);
}
