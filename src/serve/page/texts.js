/** The language of the page, and its texts, numbers and times. */
import en from './texts/en.js';
import ko from './texts/ko.js';

const LANGUAGES = { en, ko };
const wanted = localStorage.getItem('settle.language') ?? navigator.language.slice(0, 2);
export const language = wanted in LANGUAGES ? wanted : 'en';
document.documentElement.lang = language;

/** The text of a key, with what stands in braces replaced. */
export function t(key, values = {}) {
  return LANGUAGES[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function setLanguage(name) {
  localStorage.setItem('settle.language', name);
  location.reload();
}

const locale = language === navigator.language.slice(0, 2) ? navigator.language : language;
const numbers = new Intl.NumberFormat(locale);
const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

/** Whole numbers, also those that came as text because a double does not hold them. */
export function number(value) {
  if (value === null || value === undefined) return '–';
  return numbers.format(typeof value === 'string' ? BigInt(value) : value);
}

export function time(text) {
  return text ? times.format(new Date(text)) : '–';
}

export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
