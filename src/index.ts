import { VERSION } from './version';
export default [] as unknown[];
export { VERSION };
