import { networkSuite } from './network-suite.fixture.js';

networkSuite('deeplabv3torchvision-resnet50torchvision-os8');
networkSuite('deeplabv3torchvision-mobilenetv3largetorchvision', { first: 'fresh' });
networkSuite('lraspptorchvision-mobilenetv3largetorchvision', { first: 'fresh' });
