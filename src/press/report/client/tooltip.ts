// What a chart says of the mark under the pointer.
import { element } from './dom.js';

export function tooltip(): (
  handler: unknown,
  event: MouseEvent,
  item: unknown,
  value: unknown,
) => void {
  const box = element('div', { className: 'tip', hidden: true });
  document.body.append(box);
  return (_handler, event, _item, value) => {
    if (value === null || value === undefined || value === '') {
      box.hidden = true;
      return;
    }
    box.replaceChildren();
    if (typeof value === 'object') {
      const table = element('table');
      table.setAttribute('role', 'presentation');
      for (const [key, cell] of Object.entries(value)) {
        const row = table.insertRow();
        row.insertCell().textContent = key;
        row.insertCell().textContent = String(cell);
      }
      box.append(table);
    } else box.textContent = String(value);
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left =
      event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
    const top =
      event.clientY + 14 + height > innerHeight ? event.clientY - 10 - height : event.clientY + 14;
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${Math.max(4, top)}px`;
  };
}
