export type Theme = 'light' | 'dark';

const key = 'theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

let chosen = $state<Theme | undefined>(saved());
let isDarkOutside = $state(prefersDark.matches);
prefersDark.addEventListener('change', ({ matches }) => {
  isDarkOutside = matches;
});
apply();

/** The theme that is shown: the reader's choice, or that of the system. */
export function theme(): Theme {
  return chosen ?? (isDarkOutside ? 'dark' : 'light');
}

/** Chooses the other theme. The system's own is no choice, and is followed again. */
export function toggleTheme(): void {
  const other = theme() === 'dark' ? 'light' : 'dark';
  chosen = (other === 'dark') === isDarkOutside ? undefined : other;
  if (chosen) localStorage.setItem(key, chosen);
  else localStorage.removeItem(key);
  apply();
}

function apply(): void {
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

function saved(): Theme | undefined {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : undefined;
}
