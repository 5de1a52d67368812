// Making elements.

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

/** Where the buttons of a chart or picture stand: seen when it is pointed at or reached by keyboard. */
export function toolsOf(holder: HTMLElement): HTMLElement {
  const known = holder.querySelector<HTMLElement>(':scope > .tools');
  if (known) return known;
  const tools = element('div', { className: 'tools' });
  holder.prepend(tools);
  return tools;
}
