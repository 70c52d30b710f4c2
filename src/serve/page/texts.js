/** The language of the page, and its texts, numbers and times. Times are those of the zone of business dates. */
import en from './texts/en.js';
import ko from './texts/ko.js';

const LANGUAGES = { en, ko };
const isPage = typeof document !== 'undefined';
const wanted = isPage ? (localStorage.getItem('settle.language') ?? navigator.language.slice(0, 2)) : 'en';
export let language = wanted in LANGUAGES ? wanted : 'en';
export let zone = 'UTC';
let formats = formatsOf();
if (isPage) document.documentElement.lang = language;

/** For the report: in which language, and in which zone. The page itself learns the zone from the service. */
export function speak(name, inZone) {
  if (name in LANGUAGES) language = name;
  zone = inZone;
  formats = formatsOf();
}

/** The text of a key, with what stands in braces replaced. */
export function t(key, values = {}) {
  return LANGUAGES[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The words for a state of a date or a run; the state itself where there are none. */
export function stateText(state) {
  return LANGUAGES[language][`state ${state}`] ?? state;
}

export function setLanguage(name) {
  localStorage.setItem('settle.language', name);
  location.reload();
}

function formatsOf() {
  const own = isPage && language === navigator.language.slice(0, 2) ? navigator.language : language;
  const timeZone = zone;
  return {
    numbers: new Intl.NumberFormat(own),
    short: new Intl.NumberFormat(own, { notation: 'compact', maximumFractionDigits: 1 }),
    percents: new Intl.NumberFormat(own, { style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' }),
    times: new Intl.DateTimeFormat(own, { dateStyle: 'medium', timeStyle: 'medium', timeZone }),
    clock: new Intl.DateTimeFormat(own, { timeStyle: 'medium', timeZone }),
    weekdays: new Intl.DateTimeFormat(own, { weekday: 'short', timeZone: 'UTC' }),
    months: new Intl.DateTimeFormat(own, { month: 'long', year: 'numeric', timeZone: 'UTC' }),
  };
}

/** Whole numbers, also those that came as text because a double does not hold them. */
export function number(value) {
  if (value === null || value === undefined) return '–';
  return formats.numbers.format(typeof value === 'string' ? BigInt(value) : value);
}

/** For places that are narrow. */
export const shortNumber = (value) =>
  value === null || value === undefined ? '–' : formats.short.format(typeof value === 'string' ? BigInt(value) : value);

/** Of 1. */
export const percent = (share) => (share === undefined || Number.isNaN(share) ? '–' : formats.percents.format(share));

export const time = (text) => (text ? formats.times.format(new Date(text)) : '–');
export const clock = (text) => (text ? formats.clock.format(new Date(text)) : '–');
export const weekday = (date) => formats.weekdays.format(new Date(`${date}T00:00:00Z`));
export const month = (date) => formats.months.format(new Date(`${date}T00:00:00Z`));

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
