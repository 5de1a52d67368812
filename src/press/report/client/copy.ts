// A button on every block of code that copies it.
import { element } from './dom.js';

export function copyButtons(): void {
  for (const block of document.querySelectorAll<HTMLElement>('.code')) {
    const button = element('button', { type: 'button', className: 'copy', textContent: 'Copy' });
    button.setAttribute('aria-label', 'Copy the code');
    button.addEventListener('click', () => {
      const text = block.querySelector('pre')?.textContent ?? '';
      const done = (label: string) => {
        button.textContent = label;
        setTimeout(() => {
          button.textContent = 'Copy';
        }, 1500);
      };
      navigator.clipboard.writeText(text).then(
        () => done('Copied'),
        () => done('Not allowed'),
      );
    });
    block.append(button);
  }
}
