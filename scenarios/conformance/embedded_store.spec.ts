import { checkConformance } from './check_conformance.ts';

checkConformance('embedded');
