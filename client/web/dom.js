// Small things about the document. Texts are always text: no markup is ever made from a string.

export const $ = (selector) => document.querySelector(selector);

export function make(tag, properties, ...children) {
  const { role, data, ...rest } = properties ?? {};
  const element = Object.assign(document.createElement(tag), rest);
  if (role) element.setAttribute('role', role);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

// Only what differs is written: live regions speak, and screen readers look, when it changes.
export function text(selector, value) {
  const element = typeof selector === 'string' ? $(selector) : selector;
  if (element.textContent !== value) element.textContent = value;
}

export function show(selector, isShown) {
  const element = typeof selector === 'string' ? $(selector) : selector;
  if (element.hidden === isShown) element.hidden = !isShown;
}

export function press(selector, isPressed) {
  $(selector).setAttribute('aria-pressed', isPressed);
}

// The children become one for each item: `create` makes them, `update` brings them up to date. One
// that stays is not replaced, so that it keeps the focus.
export function list(parent, items, keyOf, create, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const key = String(keyOf(item));
    let child = old.get(key);
    old.delete(key);
    if (!child) {
      child = create(item);
      child.dataset.key = key;
    }
    if (parent.children[index] !== child)
      parent.insertBefore(child, parent.children[index] ?? null);
    update(child, item);
  });
  for (const child of old.values()) child.remove();
}

// For who listens.
export function announce(words) {
  if (!words) return;
  const log = $('#said');
  log.append(make('span', { textContent: `${words} ` }));
  while (log.children.length > 8) log.firstChild.remove();
  text('#last', words);
}

// True when it was agreed to.
export function confirm(question, yes) {
  const dialog = $('#confirm');
  text('#question', question);
  text(dialog.querySelector('[value=yes]'), yes);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((answered) => {
    dialog.onclose = () => answered(dialog.returnValue === 'yes');
  });
}
