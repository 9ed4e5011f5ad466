import { networkSuite } from './network-suite.fixture.js';

// Every backbone under the head that it was released or published with.
networkSuite('deeplabv3-mobilenetv2');
networkSuite('lraspp-mobilenetv3large', { first: 'fresh' });
networkSuite('lraspp-mobilenetv3largeminimalistic', { first: 'fresh' });
networkSuite('lraspp-mobilenetv3small', { first: 'fresh' });
networkSuite('lraspp-mobilenetv3smallminimalistic', { first: 'fresh' });
networkSuite('deeplabv3-mobilenetedgetpu');
networkSuite('deeplabv1-vgg16');
networkSuite('deeplabv3plus-resnet18beta');
networkSuite('deeplabv3-resnet50-mg1,2,4-plain');
networkSuite('deeplabv3plus-resnet50beta-mg1,2,4');
networkSuite('deeplabv2-resnet101');
networkSuite('deeplabv3plus-resnet101beta-mg1,2,4-plain');
networkSuite('deeplabv3plus-xception41');
networkSuite('deeplabv3plus-xception65');
networkSuite('deeplabv3plusdpc-xception71');

// The other heads, and what can be told of them.
networkSuite('deeplabv1msc-vgg16');
networkSuite('deeplabv2fc-vgg16');
networkSuite('deeplabv3cascade-resnet18beta-mg1,2');
networkSuite('deeplabv3dpc-resnet18beta');
networkSuite('deeplabv3plus-resnet18beta-nopooling-plain-dec8,4');
networkSuite('deeplabv2-resnet18beta-scales0.5,0.75,1');

// Those that are compared on one backbone.
networkSuite('deeplabv1-mobilenetv2');
networkSuite('deeplabv2-mobilenetv2');
networkSuite('deeplabv3-mobilenetv2-rates6,12,18');
networkSuite('deeplabv3plus-mobilenetv2');
