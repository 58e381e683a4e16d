export { FsDatastore, type FsDatastoreOptions, openFsDatastore } from './fs-datastore.ts';
