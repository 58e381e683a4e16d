export { openFsDatastore } from './fs-datastore.ts';
