// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration, IEnvironmentRegistry} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../contracts/types/Ids.sol";
import {BurningAccount, RawAccount} from "./support/Accounts.sol";
import {keylessRegistration} from "./support/Registrations.sol";
import {TestBase} from "./support/TestBase.sol";
import {AttesterVerifier, ReenteringVerifier, RevertingVerifier} from "./support/Verifiers.sol";

/// @notice See AttestationVerifier.tree.
contract AttestationVerifierTest is TestBase {
    uint256 private constant ATTESTER_KEY = 0xA77;
    uint256 private constant REGISTRANT_KEY = 0xA11CE;
    uint256 private constant OTHER_KEY = 0xBAD;
    uint48 private constant FAR = 4_000_000_000;

    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "EnvironmentRegistration(bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline)"
    );

    EnvironmentRegistry private registry;
    AttesterVerifier private attester;

    function setUp() external {
        vm.warp(1_800_000_000);
        registry = new EnvironmentRegistry();
        attester = new AttesterVerifier(vm.addr(ATTESTER_KEY));
    }

    function test_AnAttestersStatement() external {
        EnvironmentRegistration memory r = _registration(address(attester));
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes memory statement = sign(ATTESTER_KEY, attester.statementDigest(id, FAR));
        vm.expectEmit(address(registry));
        emit IEnvironmentRegistry.EnvironmentRegistered(
            id,
            address(this),
            r.measurement,
            r.kind,
            r.keyType,
            r.key,
            r.attestationDigest,
            r.validUntil,
            IAttestationVerifier(address(attester)),
            r.uri
        );
        registry.register(r, "", statement);
        vm.assertEq(address(registry.environmentOf(id).verifier), address(attester));
    }

    /// @dev The registrant has signed which verifier: a relay cannot name another, or none.
    function test_BySignatureTheVerifierIsTheRegistrants() external {
        EnvironmentRegistration memory r = _registration(address(attester));
        address registrant = vm.addr(REGISTRANT_KEY);
        EnvironmentId id = registry.environmentIdOf(registrant, r);
        bytes memory statement = sign(ATTESTER_KEY, attester.statementDigest(id, FAR));
        bytes32 message = keccak256(
            abi.encode(REGISTRATION_TYPEHASH, id, FAR, address(attester), keccak256("uri"), 0, uint256(FAR))
        );
        bytes memory signature = sign(REGISTRANT_KEY, digestOf(address(registry), message));
        address[2] memory others = [address(0), address(new AttesterVerifier(vm.addr(ATTESTER_KEY)))];
        for (uint256 i = 0; i < 2; ++i) {
            r.verifier = IAttestationVerifier(others[i]);
            vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_InvalidSignature.selector);
            registry.registerBySig(registrant, r, "", statement, 0, FAR, signature);
        }
        r.verifier = attester;
        registry.registerBySig(registrant, r, "", statement, 0, FAR, signature);
        vm.assertEq(address(registry.environmentOf(id).verifier), address(attester));
    }

    function testFuzz_RevertWhen_TheStatementIsAnother(uint8 position, uint8 mask) external {
        EnvironmentRegistration memory r = _registration(address(attester));
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes32 digest = attester.statementDigest(id, FAR);
        EnvironmentId ofOther = registry.environmentIdOf(vm.addr(OTHER_KEY), r);
        AttesterVerifier elsewhere = new AttesterVerifier(vm.addr(ATTESTER_KEY));
        bytes[6] memory statements = [
            bytes(""),
            sign(OTHER_KEY, digest),
            sign(ATTESTER_KEY, attester.statementDigest(ofOther, FAR)),
            sign(ATTESTER_KEY, attester.statementDigest(id, FAR - 1)),
            sign(ATTESTER_KEY, elsewhere.statementDigest(id, FAR)),
            flipped(sign(ATTESTER_KEY, digest), position % 65, mask)
        ];
        for (uint256 i = 0; i < 6; ++i) {
            _expectNotVouchedFor(r.verifier);
            registry.register(r, "", statements[i]);
            vm.assertEq(registry.environmentOf(id).registeredAt, 0);
        }
        registry.register(r, "", sign(ATTESTER_KEY, digest));
    }

    function test_RevertWhen_ItRefusesOrReverts() external {
        EnvironmentRegistration memory r = _registration(address(new RawAccount(abi.encode(false))));
        _expectNotVouchedFor(r.verifier);
        registry.register(r, "", "");
        r.verifier = new RevertingVerifier();
        vm.expectRevert(abi.encodeWithSelector(RevertingVerifier.NotMyKind.selector, r.kind));
        registry.register(r, "", "");
        _registersWithout(r);
    }

    /// @dev No cap is set on its gas: it is the registrant's own choice, and takes nobody else along.
    function test_RevertWhen_ItBurnsAllGas() external {
        EnvironmentRegistration memory r = _registration(address(new BurningAccount()));
        uint256 before = gasleft();
        try registry.register{gas: 1_000_000}(r, "", "") {
            vm.assertTrue(false, "not registered");
        } catch (bytes memory reason) {
            vm.assertEq(reason.length, 0);
        }
        vm.assertTrue(before - gasleft() < 1_100_000, "no more than was given");
        _registersWithout(r);
    }

    function test_RevertWhen_TheAnswerIsNoBool() external {
        bytes[6] memory answers = [
            abi.encode(uint256(2)),
            abi.encode(type(uint256).max),
            abi.encode(bytes32("true")),
            abi.encodePacked(true),
            new bytes(31),
            bytes("")
        ];
        EnvironmentRegistration memory r = _registration(address(0));
        for (uint256 i = 0; i < 6; ++i) {
            r.verifier = IAttestationVerifier(address(new RawAccount(answers[i])));
            vm.expectRevert(bytes(""));
            registry.register(r, "", "");
        }
        // No code; and a precompile, which has none either, but answers.
        address[2] memory none = [address(0xdead), address(4)];
        for (uint256 i = 0; i < 2; ++i) {
            r.verifier = IAttestationVerifier(none[i]);
            vm.expectRevert(bytes(""));
            registry.register(r, "", "");
        }
        r.verifier = IAttestationVerifier(address(new RawAccount(abi.encode(true, "more"))));
        EnvironmentId id = registry.register(r, "", "");
        vm.assertEq(address(registry.environmentOf(id).verifier), address(r.verifier));
    }

    /// @dev Its own calls would be allowed to it: as a registrant it has the environments that they speak of.
    function test_ItCannotCallBack() external {
        ReenteringVerifier verifier = new ReenteringVerifier();
        EnvironmentRegistration memory own = _registration(address(0));
        vm.prank(address(verifier));
        EnvironmentId id = registry.register(own, "", "");
        EnvironmentRegistration memory fresh = _registration(address(0));
        fresh.measurement = "fresh";
        bytes[3] memory calls = [
            abi.encodeCall(registry.revoke, (id)),
            abi.encodeCall(registry.reportCompromise, (id, 1)),
            abi.encodeCall(registry.register, (fresh, "", ""))
        ];
        EnvironmentRegistration memory r = _registration(address(verifier));
        for (uint256 i = 0; i < 3; ++i) {
            r.measurement = bytes32(i);
            verifier.setCall(calls[i]);
            vm.assertTrue(registry.validAt(registry.register(r, "", ""), uint48(block.timestamp)), "its call failed");
            vm.assertTrue(registry.validAt(id, uint48(block.timestamp)), "as it was");
            vm.assertEq(registry.environmentOf(registry.environmentIdOf(address(verifier), fresh)).registeredAt, 0);
        }
        // Without a static call around them they do what they say.
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(address(verifier));
            (bool success, ) = address(registry).call(calls[i]);
            vm.assertTrue(success, "allowed to it");
        }
    }

    /// @dev What a verifier has refused is not there, and can be registered without it.
    function _registersWithout(EnvironmentRegistration memory r) private {
        r.verifier = IAttestationVerifier(address(0));
        vm.assertEq(registry.environmentOf(registry.environmentIdOf(address(this), r)).registeredAt, 0);
        EnvironmentId id = registry.register(r, "", "");
        vm.assertEq(address(registry.environmentOf(id).verifier), address(0));
    }

    function _expectNotVouchedFor(IAttestationVerifier verifier) private {
        vm.expectRevert(
            abi.encodeWithSelector(IEnvironmentRegistry.EnvironmentRegistry_NotVouchedFor.selector, verifier)
        );
    }

    function _registration(address verifier) private pure returns (EnvironmentRegistration memory) {
        return keylessRegistration(IAttestationVerifier(verifier), FAR);
    }
}
