// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {Delivery, InferenceEscrow, Terms} from "../../contracts/examples/InferenceEscrow.sol";
import {InferenceLog} from "../../contracts/InferenceLog.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration, KeyType} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {OpenedField} from "../../contracts/libraries/Commitment.sol";
import {EnvironmentId, InferenceId, ModelId} from "../../contracts/types/Ids.sol";
import {Inference, InferenceLogKey} from "../../contracts/types/Inference.sol";
import {Rfc9162} from "./support/Rfc9162.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice See InferenceEscrow.tree.
contract InferenceEscrowTest is TestBase {
    uint256 private constant ENVIRONMENT_KEY = 0xE0;
    /// @dev x and y of ENVIRONMENT_KEY's point on secp256k1.
    bytes private constant ENVIRONMENT_POINT =
        hex"08bc89c2f919ed158885c35600844d49890905c79b357322609c45706ce6b514d313f3cdd7cdcc16de776fec3b5892c1172d3056112776f06f63f4cea8c95157";
    uint48 private constant NOW = 1_800_000_000;
    uint48 private constant DEADLINE = NOW + 1 days;
    bytes private constant RESPONSE = "the answer";
    ModelId private constant MODEL = ModelId.wrap("model");

    InferenceLog private log;
    EnvironmentRegistry private registry;
    InferenceEscrow private escrow;
    address private environmentKey;
    EnvironmentId private environment;
    InferenceLogKey private key;
    Terms private terms;

    function setUp() external {
        vm.warp(NOW);
        log = new InferenceLog();
        registry = new EnvironmentRegistry();
        escrow = new InferenceEscrow(log, registry);
        environmentKey = vm.addr(ENVIRONMENT_KEY);
        environment = _register(KeyType.Secp256k1, bytes.concat(hex"04", ENVIRONMENT_POINT));
        key = InferenceLogKey(address(this), environmentKey, bytes32(0));
        log.authorize(environmentKey, type(uint48).max);
        terms = Terms(payable(address(0xBEEF)), MODEL, environment, sha256("the question"), DEADLINE);
        vm.deal(address(this), 10 ether);
    }

    receive() external payable {}

    // release

    function test_PaysForACheckedInference() external {
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        Delivery memory d = _deliver(_inference(), true);
        vm.expectEmit(address(escrow));
        emit InferenceEscrow.Paid(id, InferenceId.wrap(_leafOf(d.inference)), sha256(RESPONSE));
        escrow.release(id, d);
        vm.assertEq(terms.payee.balance, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_NoDeposit.selector, id));
        escrow.release(id, d);

        uint256 second = escrow.deposit{value: 1 ether}(terms);
        vm.expectRevert(
            abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_AlreadyPaid.selector, _leafOf(d.inference))
        );
        escrow.release(second, d);
    }

    function test_RevertWhen_AnotherSubject() external {
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        Inference memory it = _inference();
        it.modelId = ModelId.wrap("another");
        _refuses(id, _deliver(it, true), abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_OtherSubject.selector));
        it = _inference();
        it.environmentId = EnvironmentId.wrap("another");
        _refuses(id, _deliver(it, true), abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_OtherSubject.selector));
        Delivery memory d = _deliver(_inference(), true);
        d.log.instance = "another";
        _refuses(id, d, abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_OtherSubject.selector));
    }

    function test_RevertWhen_NotIncluded() external {
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        Delivery memory d = _deliver(_inference(), true);
        d.root = "another";
        _refuses(id, d, abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_NotIncluded.selector));
    }

    function test_RevertWhen_NotByTheEnvironmentsKey() external {
        bytes memory refusal = abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_NotByEnvironment.selector);
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        // By the owner in the key's place.
        _refuses(id, _deliver(_inference(), false), refusal);
        // By another key of the owner.
        InferenceLogKey memory right = key;
        key.sessionKey = address(0xCAFE);
        log.authorize(address(0xCAFE), type(uint48).max);
        _refuses(id, _deliver(_inference(), true), refusal);
        key = right;
        // By an environment whose key cannot sign.
        terms.environmentId = _register(KeyType.None, "");
        id = escrow.deposit{value: 1 ether}(terms);
        _refuses(id, _deliver(_inference(), true), refusal);
        // By a key that was in other hands by then.
        terms.environmentId = environment;
        id = escrow.deposit{value: 1 ether}(terms);
        Delivery memory d = _deliver(_inference(), true);
        log.reportCompromise(environmentKey, NOW);
        _refuses(id, d, refusal);
    }

    function test_PaysWhenTheReportBeginsLater() external {
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        Delivery memory d = _deliver(_inference(), true);
        vm.warp(NOW + 1);
        log.reportCompromise(environmentKey, NOW + 1);
        registry.revoke(environment);
        escrow.release(id, d);
    }

    function test_RevertWhen_TimesDoNotFit() external {
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        uint64[3] memory times = [uint64(NOW) * 1000 - 1, uint64(NOW) * 1000 + 300_001, type(uint64).max];
        for (uint256 i = 0; i < 3; ++i) {
            Inference memory it = _inference();
            it.servedAt = times[i];
            _refuses(id, _deliver(it, true), _timeRefuted(times[i], NOW));
        }
        // Within the tolerance, but the environment ends before.
        vm.warp(NOW + 4 hours - 1);
        Inference memory late = _inference();
        late.servedAt = uint64(NOW + 4 hours + 1) * 1000;
        _refuses(id, _deliver(late, true), _timeRefuted(late.servedAt, NOW + 4 hours - 1));
        // Served in time, settled too late.
        vm.warp(NOW + 4 hours + 1);
        late.servedAt = uint64(NOW) * 1000;
        _refuses(id, _deliver(late, true), _timeRefuted(late.servedAt, NOW + 4 hours + 1));
    }

    function test_RevertWhen_AFieldIsAnother() external {
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        Delivery memory d = _deliver(_inference(), true);
        bytes memory content = d.content;
        d.content = "another answer";
        _refuses(id, d, abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_WrongField.selector, 1));
        d.content = content;
        (d.request, d.outcome) = (d.outcome, d.request);
        _refuses(id, d, abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_WrongField.selector, 0));
        (d.request, d.outcome) = (d.outcome, d.request);
        d.outcome.value = "complete.";
        _refuses(id, d, abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_WrongField.selector, 6));
        terms.requestDigest = sha256("another question");
        uint256 other = escrow.deposit{value: 1 ether}(terms);
        d.outcome.value = "complete";
        _refuses(other, d, abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_WrongField.selector, 0));
        escrow.release(id, d);
    }

    // deposit · refund

    function test_RevertWhen_TermsAreInvalid() external {
        vm.expectRevert(InferenceEscrow.InferenceEscrow_InvalidTerms.selector);
        escrow.deposit(terms);
        terms.deadline = NOW - 1;
        vm.expectRevert(InferenceEscrow.InferenceEscrow_InvalidTerms.selector);
        escrow.deposit{value: 1}(terms);
    }

    function test_GivesBackAfterTheDeadline() external {
        vm.expectEmit(address(escrow));
        emit InferenceEscrow.Deposited(0, address(this), terms.payee, 1 ether, terms);
        uint256 id = escrow.deposit{value: 1 ether}(terms);
        Delivery memory d = _deliver(_inference(), true);
        bytes memory early = abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_WrongTime.selector, DEADLINE, NOW);
        vm.expectRevert(early);
        escrow.refund(id);
        vm.warp(DEADLINE + 1);
        _refuses(
            id,
            d,
            abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_WrongTime.selector, DEADLINE, DEADLINE + 1)
        );
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_NotPayer.selector, address(0xBAD)));
        vm.prank(address(0xBAD));
        escrow.refund(id);
        vm.expectEmit(address(escrow));
        emit InferenceEscrow.Refunded(id);
        escrow.refund(id);
        vm.assertEq(address(this).balance, 10 ether);
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_NoDeposit.selector, id));
        escrow.refund(id);
    }

    function _refuses(uint256 id, Delivery memory d, bytes memory reason) private {
        vm.expectRevert(reason);
        escrow.release(id, d);
    }

    function _timeRefuted(uint64 servedAt, uint64 settledAt) private pure returns (bytes memory) {
        return abi.encodeWithSelector(InferenceEscrow.InferenceEscrow_TimeRefuted.selector, servedAt, settledAt);
    }

    function _register(KeyType keyType, bytes memory point) private returns (EnvironmentId) {
        EnvironmentRegistration memory r = EnvironmentRegistration({
            kind: "none",
            measurement: 0,
            keyType: keyType,
            key: point,
            attestationDigest: 0,
            validUntil: NOW + 4 hours,
            verifier: IAttestationVerifier(address(0)),
            uri: ""
        });
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes32 message = keccak256(abi.encode(keccak256("EnvironmentKey(bytes32 environmentId)"), id));
        return registry.register(r, sign(ENVIRONMENT_KEY, digestOf(address(registry), message)), "");
    }

    function _inference() private view returns (Inference memory) {
        return
            Inference({
                logId: log.logIdOf(key),
                modelId: MODEL,
                environmentId: terms.environmentId,
                commitment: Rfc9162.root(_fieldLeaves()),
                sequence: log.heads(log.logIdOf(key)),
                servedAt: uint64(NOW) * 1000
            });
    }

    /// @dev Settles it as a batch of its own, by the key or by the owner, and opens what is asked for.
    function _deliver(Inference memory it, bool byKey) private returns (Delivery memory) {
        it.sequence = log.heads(log.logIdOf(key));
        bytes32 root = _leafOf(it);
        address sender = byKey ? key.sessionKey : key.owner;
        vm.prank(sender);
        log.settleExternal(key, it.sequence, 1, root, 0, "");
        return
            Delivery({
                log: key,
                inference: it,
                root: root,
                proof: new bytes32[](0),
                request: _open(0),
                response: _open(1),
                outcome: _open(6),
                content: RESPONSE
            });
    }

    function _leafOf(Inference memory it) private pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", abi.encode(it)));
    }

    function _open(uint256 index) private pure returns (OpenedField memory) {
        bytes32[] memory leaves = _fieldLeaves();
        (bytes memory name, bytes memory value) = _field(index);
        return OpenedField(index, leaves.length, "salt", sha256(name), value, Rfc9162.path(leaves, index));
    }

    function _fieldLeaves() private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](9);
        for (uint256 i = 0; i < 9; ++i) {
            (bytes memory name, bytes memory value) = _field(i);
            leaves[i] = sha256(abi.encodePacked(hex"00", bytes32("salt"), sha256(name), value));
        }
    }

    function _field(uint256 index) private pure returns (bytes memory name, bytes memory value) {
        if (index == 0) return ("request.sha256", abi.encode(sha256("the question")));
        if (index == 1) return ("response.sha256", abi.encode(sha256(RESPONSE)));
        if (index == 6) return ("outcome", "complete");
        return ("not opened", "");
    }
}
