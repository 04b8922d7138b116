// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {
    Environment,
    EnvironmentRegistration,
    IEnvironmentRegistry,
    KeyType
} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../contracts/types/Ids.sol";
import {TestBase} from "./support/TestBase.sol";
import {AnsweringVerifier, EchoVerifier, MeddlingVerifier} from "./support/Verifiers.sol";

/// @notice Properties; each function's reverts and events: EnvironmentRegistry.tree.
contract EnvironmentRegistryTest is TestBase {
    uint256 private constant REGISTRANT_KEY = 0xA11CE;
    uint256 private constant ENVIRONMENT_KEY = 0xE0;
    /// @dev x and y of ENVIRONMENT_KEY's point on secp256k1.
    bytes private constant ENVIRONMENT_POINT =
        hex"08bc89c2f919ed158885c35600844d49890905c79b357322609c45706ce6b514d313f3cdd7cdcc16de776fec3b5892c1172d3056112776f06f63f4cea8c95157";
    uint48 private constant NOW = 1_800_000_000;
    uint48 private constant FAR = 4_000_000_000;

    bytes32 private constant KEY_TYPEHASH = keccak256("EnvironmentKey(bytes32 environmentId)");
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "EnvironmentRegistration(bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "EnvironmentRevocation(bytes32 environmentId,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant COMPROMISE_TYPEHASH = keccak256(
        "EnvironmentCompromise(bytes32 environmentId,uint48 since,uint256 nonce,uint256 deadline)"
    );

    EnvironmentRegistry private registry;
    address private registrant;

    function setUp() external {
        vm.warp(NOW);
        registry = new EnvironmentRegistry();
        registrant = vm.addr(REGISTRANT_KEY);
    }

    function testFuzz_Secp256k1SignsForItsRegistrant(address other, uint8 position, uint8 mask) external {
        EnvironmentRegistration memory r = _registration(KeyType.Secp256k1, bytes.concat(hex"04", ENVIRONMENT_POINT));
        bytes32 digest = _proofDigest(address(this), r);
        bytes memory proof = sign(ENVIRONMENT_KEY, digest);
        if (other != address(this)) {
            vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_NoProofOfPossession.selector);
            vm.prank(other);
            registry.register(r, proof, "");
        }
        vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_NoProofOfPossession.selector);
        registry.register(r, flipped(proof, position % 65, mask), "");
        vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_NoProofOfPossession.selector);
        registry.register(r, mirrored(ENVIRONMENT_KEY, digest), "");
        EnvironmentId id = registry.register(r, proof, "");
        Environment memory environment = registry.environmentOf(id);
        vm.assertEq(environment.key, r.key);
        vm.assertEq(environment.registrant, address(this));
        vm.expectRevert(
            abi.encodeWithSelector(IEnvironmentRegistry.EnvironmentRegistry_AlreadyRegistered.selector, id)
        );
        registry.register(r, proof, "");
    }

    function testFuzz_P256SignsForItsRegistrant(uint8 position, uint8 mask) external {
        (uint256 x, uint256 y) = vm.publicKeyP256(ENVIRONMENT_KEY);
        EnvironmentRegistration memory r = _registration(KeyType.P256, abi.encodePacked(hex"04", x, y));
        bytes memory proof = _signP256(sha256(abi.encode(_proofDigest(address(this), r))));
        vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_NoProofOfPossession.selector);
        registry.register(r, flipped(proof, position % 64, mask), "");
        vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_NoProofOfPossession.selector);
        registry.register(r, bytes.concat(proof, hex"00"), "");
        registry.register(r, proof, "");
    }

    function test_RevertWhen_KeyHasAnotherForm() external {
        KeyType[7] memory types = [
            KeyType.None,
            KeyType.Secp256k1,
            KeyType.Secp256k1,
            KeyType.P256,
            KeyType.Ed25519,
            KeyType.Rsa,
            KeyType.P256
        ];
        bytes[7] memory keys = [
            bytes(hex"00"),
            new bytes(64),
            new bytes(65),
            new bytes(66),
            new bytes(31),
            bytes(""),
            bytes("")
        ];
        for (uint256 i = 0; i < 7; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IEnvironmentRegistry.EnvironmentRegistry_InvalidKey.selector,
                    types[i],
                    keys[i].length
                )
            );
            registry.register(_registration(types[i], keys[i]), "", "");
        }
        registry.register(_registration(KeyType.Ed25519, new bytes(32)), "", "");
        registry.register(_registration(KeyType.Rsa, new bytes(270)), "", "");
        registry.register(_registration(KeyType.None, ""), "", "");
    }

    function test_RevertWhen_RefusedByForm() external {
        EnvironmentRegistration memory r = _registration(KeyType.None, "");
        r.kind = 0;
        vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_EmptyKind.selector);
        registry.register(r, "", "");
        r.kind = "none";
        r.validUntil = NOW - 1;
        vm.expectRevert(
            abi.encodeWithSelector(IEnvironmentRegistry.EnvironmentRegistry_ExpiryInThePast.selector, NOW - 1, NOW)
        );
        registry.register(r, "", "");
    }

    function test_AVerifierVouchesOrRefusesAndCannotMeddle() external {
        EnvironmentRegistration memory r = _registration(KeyType.None, "");
        r.verifier = new EchoVerifier();
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        vm.expectRevert(
            abi.encodeWithSelector(IEnvironmentRegistry.EnvironmentRegistry_NotVouchedFor.selector, r.verifier)
        );
        registry.register(r, "", "");
        vm.assertEq(registry.environmentOf(id).registeredAt, 0);
        registry.register(r, "", abi.encode(id));
        vm.assertEq(address(registry.environmentOf(id).verifier), address(r.verifier));

        r.verifier = IAttestationVerifier(address(new MeddlingVerifier()));
        r.measurement = "another";
        id = registry.register(r, "", "");
        vm.assertEq(registry.environmentOf(id).revokedAt, 0);
        r.measurement = "a third";
        r.verifier = IAttestationVerifier(address(0xdead));
        vm.expectRevert(bytes(""));
        registry.register(r, "", "");
    }

    function test_RevertWhen_AVerifierAnswersAnythingElse() external {
        EnvironmentRegistration memory r = _registration(KeyType.None, "");
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes[5] memory answers = [bytes(""), hex"01", abi.encode(2), abi.encode(type(uint256).max), new bytes(31)];
        for (uint256 i = 0; i < answers.length; ++i) {
            r.verifier = IAttestationVerifier(address(new AnsweringVerifier(answers[i], false)));
            vm.expectRevert(bytes(""));
            registry.register(r, "", "");
        }
        bytes memory reason = abi.encodeWithSignature("Refused(uint256)", 7);
        r.verifier = IAttestationVerifier(address(new AnsweringVerifier(reason, true)));
        vm.expectRevert(reason);
        registry.register(r, "", "");
        vm.assertEq(registry.environmentOf(id).registeredAt, 0);
        r.verifier = IAttestationVerifier(address(new AnsweringVerifier(abi.encode(1), false)));
        registry.register(r, "", "");
    }

    function test_BySignature() external {
        EnvironmentRegistration memory r = _registration(KeyType.None, "");
        EnvironmentId id = registry.environmentIdOf(registrant, r);
        bytes32 message = keccak256(
            abi.encode(REGISTRATION_TYPEHASH, id, FAR, r.verifier, keccak256("uri"), 0, uint256(FAR))
        );
        bytes memory signature = _signs(message);
        r.uri = "another";
        vm.expectRevert(IEnvironmentRegistry.EnvironmentRegistry_InvalidSignature.selector);
        registry.registerBySig(registrant, r, "", "", 0, FAR, signature);
        r.uri = "uri";
        registry.registerBySig(registrant, r, "", "", 0, FAR, signature);
        message = keccak256(abi.encode(COMPROMISE_TYPEHASH, id, NOW - 5, 1, uint256(FAR)));
        registry.reportCompromiseBySig(registrant, id, NOW - 5, 1, FAR, _signs(message));
        message = keccak256(abi.encode(REVOCATION_TYPEHASH, id, 2, uint256(FAR)));
        registry.revokeBySig(registrant, id, 2, FAR, _signs(message));
        Environment memory environment = registry.environmentOf(id);
        vm.assertEq(environment.compromisedSince, NOW - 5);
        vm.assertEq(environment.compromiseReportedAt, NOW);
        vm.assertEq(environment.reporter, registrant);
        vm.assertEq(environment.revokedAt, NOW);
        vm.expectRevert(
            abi.encodeWithSelector(IEnvironmentRegistry.EnvironmentRegistry_DeadlinePassed.selector, 5, NOW)
        );
        registry.revokeBySig(registrant, id, 3, 5, "");
    }

    function testFuzz_RevertWhen_AnotherSpeaks(address stranger, uint48 since) external {
        if (stranger == address(this)) return;
        EnvironmentId id = registry.register(_registration(KeyType.None, ""), "", "");
        bytes memory refusal = abi.encodeWithSelector(
            IEnvironmentRegistry.EnvironmentRegistry_NotRegistrant.selector,
            id,
            stranger
        );
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.revoke(id);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        registry.reportCompromise(id, since % NOW);
        vm.assertTrue(registry.validAt(id, NOW), "as before");
    }

    function testFuzz_ValidAt(
        uint48 time,
        uint48 life,
        uint48 revokedAfter,
        uint48 since,
        bool revoked,
        bool reported
    ) external {
        EnvironmentRegistration memory r = _registration(KeyType.None, "");
        r.validUntil = NOW + (life % 1000);
        EnvironmentId id = registry.register(r, "", "");
        vm.assertFalse(registry.validAt(EnvironmentId.wrap("nobody"), time), "not registered");
        uint48 later = NOW + (revokedAfter % 1000);
        vm.warp(later);
        if (revoked) {
            registry.revoke(id);
            vm.expectRevert(
                abi.encodeWithSelector(IEnvironmentRegistry.EnvironmentRegistry_AlreadyRevoked.selector, id)
            );
            registry.revoke(id);
        }
        since = uint48(bound(since, NOW - 10, later));
        if (reported) {
            registry.reportCompromise(id, since);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IEnvironmentRegistry.EnvironmentRegistry_CompromiseNotExtended.selector,
                    since,
                    since
                )
            );
            registry.reportCompromise(id, since);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IEnvironmentRegistry.EnvironmentRegistry_CompromiseInTheFuture.selector,
                    later + 1,
                    later
                )
            );
            registry.reportCompromise(id, later + 1);
        }
        time = uint48(bound(time, NOW - 20, NOW + 2000));
        bool expected =
            time >= NOW && time <= r.validUntil && (!revoked || time <= later) && (!reported || time < since);
        vm.assertEq(registry.validAt(id, time), expected);
    }

    function _registration(KeyType keyType, bytes memory key) private pure returns (EnvironmentRegistration memory) {
        return
            EnvironmentRegistration({
                kind: "none",
                measurement: "measurement",
                keyType: keyType,
                key: key,
                attestationDigest: "attestation",
                validUntil: FAR,
                verifier: IAttestationVerifier(address(0)),
                uri: "uri"
            });
    }

    function _proofDigest(address account, EnvironmentRegistration memory r) private view returns (bytes32) {
        return digestOf(address(registry), keccak256(abi.encode(KEY_TYPEHASH, registry.environmentIdOf(account, r))));
    }

    function _signs(bytes32 message) private view returns (bytes memory) {
        return sign(REGISTRANT_KEY, digestOf(address(registry), message));
    }

    /// @dev With low s, as the registry asks.
    function _signP256(bytes32 digest) private pure returns (bytes memory) {
        uint256 order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
        (bytes32 r, bytes32 s) = vm.signP256(ENVIRONMENT_KEY, digest);
        return abi.encodePacked(r, uint256(s) > order / 2 ? bytes32(order - uint256(s)) : s);
    }
}
