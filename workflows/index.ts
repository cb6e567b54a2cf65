/** The only entry of the workflow bundle: one named export per process. */
export { complaint } from './complaint/workflow.js';
export { issuance } from './issuance/workflow.js';
export { repair } from './repair/workflow.js';
export { trip } from './trip/workflow.js';
