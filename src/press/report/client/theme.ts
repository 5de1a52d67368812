// Light and dark: as the system has it, until the reader switches.
import { element } from './dom.js';

export function themeSwitch(): void {
  const bar = document.querySelector('.bar');
  if (!bar) return;
  const root = document.documentElement;
  const isDark = () =>
    root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
  const button = element('button', { type: 'button', className: 'theme' });
  const label = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Show the page ${isDark() ? 'light' : 'dark'}`);
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    label();
  });
  label();
  bar.append(button);
}
