// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {EnvironmentRegistration} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {IP256Attester} from "../../contracts/interfaces/IP256Attester.sol";
import {EnvironmentId} from "../../contracts/types/Ids.sol";
import {P256Attester} from "../../contracts/verifiers/P256Attester.sol";
import {StatementTestBase} from "./support/StatementTestBase.sol";

/// @notice See P256Attester.tree.
contract P256AttesterTest is StatementTestBase {
    uint256 private constant ATTESTER_KEY = 0xA77E57;
    uint256 private constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff;

    P256Attester private attester;

    function setUp() external {
        vm.warp(NOW);
        attester = _deploy(ATTESTER_KEY);
    }

    function test_Construction() external view {
        (uint256 x, uint256 y) = vm.publicKeyP256(ATTESTER_KEY);
        (bytes32 name, bytes32 actualX, bytes32 actualY) = attester.attester();
        vm.assertEq(name, "attester");
        vm.assertEq(actualX, bytes32(x));
        vm.assertEq(actualY, bytes32(y));
    }

    function test_RevertWhen_KeyIsNoPointOrHasNoName() external {
        (uint256 x, uint256 y) = vm.publicKeyP256(ATTESTER_KEY);
        uint256[2][5] memory points = [[uint256(0), 0], [x, y + 1], [y, x], [PRIME, y], [x, PRIME]];
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IP256Attester.P256Attester_InvalidKey.selector,
                    bytes32(points[i][0]),
                    bytes32(points[i][1])
                )
            );
            new P256Attester("attester", bytes32(points[i][0]), bytes32(points[i][1]));
        }
        vm.expectRevert(IP256Attester.P256Attester_EmptyName.selector);
        new P256Attester(0, bytes32(x), bytes32(y));
    }

    function test_VouchesUntilItsDeadline() external {
        bytes memory statement = _statementOf(attester, ID, FAR, DEADLINE);
        vm.assertTrue(attester.verify(ID, _registration(), statement), "vouches");
        vm.warp(DEADLINE);
        vm.assertTrue(attester.verify(ID, _registration(), statement), "in its last second");
        vm.warp(DEADLINE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IP256Attester.P256Attester_DeadlinePassed.selector, DEADLINE, uint256(DEADLINE) + 1)
        );
        attester.verify(ID, _registration(), statement);
    }

    function testFuzz_RevertWhen_AnyByteIsAnother(uint256 position, uint8 mask) external view {
        bytes memory statement = _statementOf(attester, ID, FAR, DEADLINE);
        try attester.verify(ID, _registration(), flipped(statement, position % statement.length, mask)) {
            vm.assertTrue(false, "vouched");
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            vm.assertTrue(
                selector == IP256Attester.P256Attester_InvalidSignature.selector ||
                    selector == IP256Attester.P256Attester_DeadlinePassed.selector,
                "an error of its own"
            );
        }
        vm.assertTrue(attester.verify(ID, _registration(), statement), "vouches");
    }

    function test_RevertWhen_ItHasAnotherLength() external {
        bytes memory statement = _statementOf(attester, ID, FAR, DEADLINE);
        for (uint256 length = 0; length < 75; ++length) {
            if (length == 70) continue;
            bytes memory other = new bytes(length);
            for (uint256 i = 0; i < length && i < 70; ++i) other[i] = statement[i];
            vm.expectRevert(abi.encodeWithSelector(IP256Attester.P256Attester_MalformedStatement.selector, length));
            attester.verify(ID, _registration(), other);
        }
    }

    function test_RevertWhen_SomethingElseWasSigned() external {
        P256Attester elsewhere = _deploy(ATTESTER_KEY);
        bytes32 digest = attester.statementDigest(ID, FAR, DEADLINE);
        (bytes32 r, bytes32 s) = _sign(ATTESTER_KEY, sha256(abi.encode(digest)));
        (bytes32 otherR, bytes32 otherS) = _sign(ATTESTER_KEY + 1, sha256(abi.encode(digest)));
        (bytes32 plainR, bytes32 plainS) = _sign(ATTESTER_KEY, digest);
        bytes[8] memory statements = [
            _statementOf(attester, EnvironmentId.wrap("another"), FAR, DEADLINE),
            _statementOf(attester, ID, FAR - 1, DEADLINE),
            _statementOf(elsewhere, ID, FAR, DEADLINE),
            abi.encodePacked(DEADLINE + 1, r, s),
            abi.encodePacked(DEADLINE, otherR, otherS),
            abi.encodePacked(DEADLINE, plainR, plainS),
            abi.encodePacked(DEADLINE, r, ORDER - uint256(s)),
            abi.encodePacked(DEADLINE, bytes32(0), bytes32(0))
        ];
        for (uint256 i = 0; i < 8; ++i) {
            vm.expectRevert(IP256Attester.P256Attester_InvalidSignature.selector);
            attester.verify(ID, _registration(), statements[i]);
        }
        bytes memory statement = abi.encodePacked(DEADLINE, r, s);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(IP256Attester.P256Attester_InvalidSignature.selector);
        attester.verify(ID, _registration(), statement);
        vm.chainId(block.chainid - 1);
        vm.assertTrue(attester.verify(ID, _registration(), statement), "vouches");
    }

    function test_RegistersInTheRegistry() external {
        EnvironmentRegistry registry = new EnvironmentRegistry();
        EnvironmentRegistration memory r = _registration();
        r.verifier = attester;
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes memory statement = _statementOf(attester, id, FAR, DEADLINE);
        vm.prank(address(0xB0B));
        vm.expectRevert(IP256Attester.P256Attester_InvalidSignature.selector);
        registry.register(r, "", statement);
        registry.register(r, "", statement);
        vm.assertEq(address(registry.environmentOf(id).verifier), address(attester));
    }

    function _deploy(uint256 key) private returns (P256Attester) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return new P256Attester("attester", bytes32(x), bytes32(y));
    }

    function _statementOf(
        P256Attester verifier,
        EnvironmentId id,
        uint48 validUntil,
        uint48 deadline
    ) private view returns (bytes memory) {
        bytes32 digest = verifier.statementDigest(id, validUntil, deadline);
        (bytes32 r, bytes32 s) = _sign(ATTESTER_KEY, sha256(abi.encode(digest)));
        return abi.encodePacked(deadline, r, s);
    }

    /// @dev With low s.
    function _sign(uint256 key, bytes32 digest) private pure returns (bytes32 r, bytes32 s) {
        (r, s) = vm.signP256(key, digest);
        if (uint256(s) > ORDER / 2) s = bytes32(ORDER - uint256(s));
    }
}
