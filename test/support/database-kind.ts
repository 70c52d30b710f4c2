/** The databases that tests run on. */
export type DatabaseKind = 'sqlite' | 'mariadb' | 'mysql';
