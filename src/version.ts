import packageData from '../package.json';

/** The front end's version, which the back end's must equal. */
export const VERSION: string = packageData.version;
