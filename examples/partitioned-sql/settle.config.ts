import { defineConfig } from 'settle/config';

export default defineConfig({ jobs: ['./jobs/*.ts'], migrations: ['./migrations/*.ts'] });
