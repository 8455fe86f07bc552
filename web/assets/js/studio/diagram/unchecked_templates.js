// @ts-check
// Stands in for @bpmn-io/element-templates-validator, see web/assets/policy.mjs.

/** @param {unknown} object */
const valid = (object) => ({ valid: true, object, errors: [] });
/** @param {unknown[]} objects */
const allValid = (objects) => ({ valid: true, results: objects.map(valid) });
const version = () => "99.0.0";

export const validate = valid;
export const validateZeebe = valid;
export const validateZeebeConfiguration = valid;
export const validateAll = allValid;
export const validateAllZeebe = allValid;
export const validateAllZeebeConfiguration = allValid;
export const getSchemaVersion = version;
export const getZeebeSchemaVersion = version;
export const getZeebeConfigurationSchemaVersion = version;
export const getSchemaPackage = () => "@camunda/element-templates-json-schema";
export const getZeebeSchemaPackage = () => "@camunda/zeebe-element-templates-json-schema";
export const getZeebeConfigurationSchemaPackage = getZeebeSchemaPackage;
