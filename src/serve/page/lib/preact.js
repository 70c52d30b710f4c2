/** The library, as the page and the report know it. A browser gets the modules by their paths (routes/page.ts). */
export { html } from 'htm/preact';
export { render } from 'preact';
export { useEffect, useState } from 'preact/hooks';
